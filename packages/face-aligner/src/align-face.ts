import {
  type FaceAbsence,
  type FaceLandmarks,
  type Point,
  type Result,
  type RgbImage,
  stretchOf,
  type Xyxy,
} from '@trinetra/contracts';
import type { FaceCandidate } from './face-candidate.ts';
import { type Affine, arcfaceTemplate, invertAffine, similarityTransform } from './similarity.ts';
import { warpAffine } from './warp-affine.ts';

/** Side of an aligned face, px. */
export const alignedSize = 112;

/**
 * Warps a face to the ArcFace template, in the true proportions that the image's `pixelAspectRatio` tells.
 *
 * @param landmarks In pixels of `image`.
 * @returns `[112, 112, 3]` RGB, 0 outside of the image; null for landmarks that coincide or are not finite.
 * @throws {RangeError} for a `pixelAspectRatio` that is not above 0.
 */
export function alignFace(image: RgbImage, landmarks: FaceLandmarks): Uint8Array | null {
  const [stretchX, stretchY] = stretchOf(image);
  const seen = landmarks.map(([x, y]): Point => [x * stretchX, y * stretchY]);
  const toTemplate = similarityTransform(seen, arcfaceTemplate);
  const back = toTemplate === null ? null : invertAffine(toTemplate);
  if (back === null) return null;
  const [a, b, c, d, e, f] = back;
  const toImage: Affine = [
    a / stretchX,
    b / stretchX,
    c / stretchX,
    d / stretchY,
    e / stretchY,
    f / stretchY,
  ];
  return warpAffine(image, toImage, alignedSize);
}

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
