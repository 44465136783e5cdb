export { compareHeads } from './compare-heads.ts';
export {
  createDetector,
  type Detection,
  type Detector,
  type DetectorInput,
} from './detector.ts';
export { DetectorError } from './errors.ts';
export { sizeText } from './input-sizes.ts';
export { type DetectorOptions, type DetectorSettings, defaultDetectorOptions } from './options.ts';
