export { type AlignedFace, alignFace, type FaceResult } from './align-face.ts';
export { FaceAlignerError } from './errors.ts';
export { type AlignInput, createFaceAligner, type FaceAligner } from './face-aligner.ts';
export { createFaceFinder, type FaceFinder, type FaceFinderOptions } from './face-finder.ts';
export { cropSize, faceByteInput, faceSamplePicture } from './face-model.ts';
export { defaultFaceAlignerOptions, type FaceAlignerOptions, faceRunSizes } from './options.ts';
export { type Affine, arcfaceTemplate, invertAffine, similarityTransform } from './similarity.ts';
export { warpAffine } from './warp-affine.ts';
