import { type RgbImage, stretchOf, type Xyxy } from '@trinetra/contracts';
import { alignedSize, arcfaceTemplate, warpAffine } from '@trinetra/face-geometry';
import type { AlignedFace, FaceResult } from './aligned-face.ts';
import { mapLandmarks } from './map-landmarks.ts';

/**
 * The upper part of a person where nobody looked for a face: a third of the box high at most, as wide as high for the
 * camera, with the template's landmarks and score 0.
 */
export function cropHead(image: RgbImage, [x1, y1, x2, y2]: Xyxy, minFacePx: number): FaceResult {
  const inside = Math.min(x2, image.width) > Math.max(x1, 0) && Math.min(y2, image.height) > Math.max(y1, 0);
  if (!inside) return { ok: false, reason: 'no_face' };
  const [stretchX, stretchY] = stretchOf(image);
  const side = Math.min((x2 - x1) * stretchX, ((y2 - y1) * stretchY) / 3);
  const [width, height] = [side / stretchX, side / stretchY];
  if (!(side >= minFacePx)) return { ok: false, reason: 'too_small' };
  const left = (x1 + x2) / 2 - width / 2;
  const [scaleX, scaleY] = [width / alignedSize, height / alignedSize];
  const face: AlignedFace = {
    bbox: [left, y1, left + width, y1 + height],
    landmarks: mapLandmarks(arcfaceTemplate, ([x, y]) => [left + x * scaleX, y1 + y * scaleY]),
    score: 0,
    aligned: warpAffine(image, [scaleX, 0, left, 0, scaleY, y1], alignedSize),
  };
  return { ok: true, value: face };
}
