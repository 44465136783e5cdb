export { compareHeads } from './compare-heads.ts';
export { createDetector, type Detector } from './detector.ts';
export type { Detection, DetectorInput } from './detector-frame.ts';
export { DetectorError } from './errors.ts';
export type { FrameTensor } from './frame-tensor.ts';
export { inputSizesFor, sizeText } from './input-sizes.ts';
export {
  type DetectorSizes,
  detectorByteInput,
  detectorSamplePicture,
  detectorSizesOf,
} from './model-facts.ts';
export { type DetectorOptions, type DetectorSettings, defaultDetectorOptions } from './options.ts';
