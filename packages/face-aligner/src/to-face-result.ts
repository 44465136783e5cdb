import { type RgbImage, stretchOf } from '@trinetra/contracts';
import { alignFace } from './align-face.ts';
import type { FaceCandidate } from './face-candidate.ts';
import type { FaceResult } from './face-result.ts';

/** Aligns a face that was found. @param minFacePx Least width, px of the image in its true proportions. */
export function toFaceResult(image: RgbImage, face: FaceCandidate, minFacePx: number): FaceResult {
  const [stretchX] = stretchOf(image);
  if ((face.bbox[2] - face.bbox[0]) * stretchX < minFacePx) return { found: false, reason: 'too_small' };
  const aligned = alignFace(image, face.landmarks);
  return aligned === null ? { found: false, reason: 'no_face' } : { found: true, ...face, aligned };
}
