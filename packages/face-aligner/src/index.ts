export type { AlignedFace, FaceResult } from './aligned-face.ts';
export { FaceAlignerError } from './errors.ts';
export { type AlignInput, createFaceAligner, type FaceAligner } from './face-aligner.ts';
export { createFaceFinder, type FaceFinder, type FaceFinderOptions } from './face-finder.ts';
export { cropSize, faceByteInput, faceSamplePicture } from './face-model.ts';
export { defaultFaceAlignerOptions, type FaceAlignerOptions, faceRunSizes } from './options.ts';
