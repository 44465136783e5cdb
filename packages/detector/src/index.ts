export {
  createDetector,
  type Detection,
  type Detector,
  type DetectorInput,
  type DetectorOptions,
  defaultDetectorOptions,
} from './detector.ts';
export { DetectorError } from './errors.ts';
