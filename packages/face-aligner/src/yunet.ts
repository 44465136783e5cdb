import type { FaceLandmarks, Point, Xyxy } from '@trinetra/contracts';
import type { TensorData, TensorInfo } from '@trinetra/inference-runtime';
import type { CropFormat } from './crop-format.ts';
import { type FaceCandidate, keepBestFaces } from './face-candidate.ts';
import { type FloatRows, floatRows, nextReaching } from './float-rows.ts';

const strides = [8, 16, 32] as const;

/** How YuNet wants a crop: BGR 0..255. */
export const yunetPixels: Omit<CropFormat, 'width' | 'height'> = { channels: 'bgr', mean: 0, divisor: 1 };

/** Whether the outputs are YuNet's: cls, obj, bbox and kps by name, at strides 8, 16 and 32. */
export function isYunet(outputs: readonly TensorInfo[]): boolean {
  const names = strides.flatMap((stride) => ['cls', 'obj', 'bbox', 'kps'].map((kind) => `${kind}_${stride}`));
  return names.every((name) => outputs.some((output) => output.name === name));
}

const clamp01 = (value: number): number => (value > 0 ? Math.min(1, value) : 0);

/**
 * The faces of crop `index` with a score of at least `threshold`, best first, at most 4, none overlapping a better one
 * by more than 0.3. Prior `i` of stride `s` stands at column `i mod (width / s)`, row `i div (width / s)`.
 *
 * @throws {FaceAlignerError} `model_mismatch` where an output is missing or too short.
 * @see https://github.com/opencv/opencv/blob/4.x/modules/objdetect/src/face_detect.cpp
 */
export function decodeYunet(
  outputs: Readonly<Record<string, TensorData>>,
  index: number,
  threshold: number,
  { width, height }: Pick<CropFormat, 'width' | 'height'>,
): FaceCandidate[] {
  const faces: FaceCandidate[] = [];
  // Of the class alone, as the other factor never raises the score; just below, whatever the roundings.
  const leastClass = threshold > 0 ? threshold * threshold * (1 - 1e-9) : Number.NEGATIVE_INFINITY;
  for (const stride of strides) {
    const columns = width / stride;
    const priors = columns * (height / stride);
    const rows = (kind: string, length: number): FloatRows =>
      floatRows(outputs, `${kind}_${stride}`, index, priors, length);
    const [classes, objects] = [rows('cls', 1), rows('obj', 1)];
    const [boxes, points] = [rows('bbox', 4), rows('kps', 10)];
    const next = (first: number): number => nextReaching(classes, first, priors, leastClass);
    for (let prior = next(0); prior < priors; prior = next(prior + 1)) {
      const ofClass = clamp01(classes.data[classes.from + prior] as number);
      const score = Math.sqrt(ofClass * clamp01(objects.data[objects.from + prior] as number));
      if (!(score >= threshold)) continue;
      const [column, row] = [prior % columns, Math.floor(prior / columns)];
      const box = (k: number): number => boxes.data[boxes.from + prior * 4 + k] ?? Number.NaN;
      const [cx, cy] = [(column + box(0)) * stride, (row + box(1)) * stride];
      const [halfWidth, halfHeight] = [(Math.exp(box(2)) * stride) / 2, (Math.exp(box(3)) * stride) / 2];
      const at = (k: number): number => points.data[points.from + prior * 10 + k] ?? Number.NaN;
      const point = (k: number): Point => [(column + at(2 * k)) * stride, (row + at(2 * k + 1)) * stride];
      const landmarks: FaceLandmarks = [point(0), point(1), point(2), point(3), point(4)];
      const bbox: Xyxy = [cx - halfWidth, cy - halfHeight, cx + halfWidth, cy + halfHeight];
      faces.push({ bbox, landmarks, score });
    }
  }
  return keepBestFaces(faces, 0.3);
}
