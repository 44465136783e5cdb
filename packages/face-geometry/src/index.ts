export { alignedSize, alignFace } from './align-face.ts';
export { FaceGeometryError } from './errors.ts';
export { type Affine, arcfaceTemplate, invertAffine, similarityTransform } from './similarity.ts';
export { warpAffine } from './warp-affine.ts';
