import { type FaceAbsence, type Result, type RgbImage, stretchOf, type Xyxy } from '@trinetra/contracts';
import { alignFace } from '@trinetra/face-geometry';
import type { FaceCandidate } from './face-candidate.ts';

/** A face as it goes to the embedder. Coordinates are pixels of the image as given. */
export interface AlignedFace extends FaceCandidate {
  /** May reach past the image. */
  readonly bbox: Xyxy;
  /** 0..1; 0 for a head-crop. */
  readonly score: number;
  /** `[112, 112, 3]` RGB. */
  readonly aligned: Uint8Array;
}

/** A person's face, or why there is none. */
export type FaceResult = Result<AlignedFace, FaceAbsence>;

/** Aligns a face that was found. @param minFacePx Least width, px of the image in its true proportions. */
export function alignCandidate(image: RgbImage, face: FaceCandidate, minFacePx: number): FaceResult {
  const [stretchX] = stretchOf(image);
  if ((face.bbox[2] - face.bbox[0]) * stretchX < minFacePx) return { ok: false, reason: 'too_small' };
  const aligned = alignFace(image, face.landmarks);
  return aligned === null ? { ok: false, reason: 'no_face' } : { ok: true, value: { ...face, aligned } };
}
