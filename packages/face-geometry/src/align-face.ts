import { type FaceLandmarks, type Point, type RgbImage, stretchOf } from '@trinetra/contracts';
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
