export { alignFace } from './align-face.ts';
export { FaceAlignerError } from './errors.ts';
export { type AlignInput, type AlignOptions, createFaceAligner, type FaceAligner } from './face-aligner.ts';
export { createFaceFinder, type FaceFinder, type FaceFinderOptions } from './face-finder.ts';
export { faceByteInput, facePixelRange } from './face-model.ts';
export type { FaceResult } from './face-result.ts';
export { defaultFaceAlignerOptions, type FaceAlignerOptions } from './options.ts';
export { type Affine, arcfaceTemplate, invertAffine, similarityTransform } from './similarity.ts';
export { warpAffine } from './warp-affine.ts';
