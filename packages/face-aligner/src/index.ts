export { FaceAlignerError } from './errors.ts';
export {
  type AlignOptions,
  createFaceAligner,
  defaultFaceAlignerOptions,
  type FaceAligner,
  type FaceAlignerOptions,
  type FaceResult,
} from './face-aligner.ts';
export { type Affine, arcfaceTemplate, invertAffine, similarityTransform } from './similarity.ts';
export { warpAffine } from './warp-affine.ts';
