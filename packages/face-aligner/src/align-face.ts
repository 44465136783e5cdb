import type { FaceLandmarks, Point, RgbImage } from '@trinetra/contracts';
import { type Affine, arcfaceTemplate, invertAffine, similarityTransform } from './similarity.ts';
import { warpAffine } from './warp-affine.ts';

/** Side of an aligned face, px. */
export const alignedSize = 112;

/** Size of the camera's picture, px. */
export interface OriginalSize {
  readonly width: number;
  readonly height: number;
}

/**
 * Pixels of the camera for one pixel of the image, across and down.
 *
 * @throws {RangeError} for a size that is not above 0.
 */
export function stretchOf(image: RgbImage, originalSize: OriginalSize = image): readonly [number, number] {
  const { width, height } = originalSize;
  if (!(width > 0 && height > 0 && Number.isFinite(width * height))) {
    throw new RangeError(`Expected positive numbers for originalSize but received ${width}x${height}`);
  }
  return [width / image.width, height / image.height];
}

/**
 * Warps a face to the ArcFace template.
 *
 * @param landmarks In pixels of `image`.
 * @param originalSize Of the camera's picture, where `image` was squashed: the face is aligned in its proportions.
 * @returns `[112, 112, 3]` RGB, 0 outside of the image; null for landmarks that coincide or are not finite.
 * @throws {RangeError} for an `originalSize` that is not above 0.
 */
export function alignFace(
  image: RgbImage,
  landmarks: FaceLandmarks,
  originalSize?: OriginalSize,
): Uint8Array | null {
  const [stretchX, stretchY] = stretchOf(image, originalSize);
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
