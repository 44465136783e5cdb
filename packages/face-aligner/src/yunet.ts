import type { FaceLandmarks, Point, Xyxy } from '@trinetra/contracts';
import type { InferenceModel, TensorData } from '@trinetra/inference-runtime';
import { FaceAlignerError } from './errors.ts';
import { type FaceCandidate, keepBestFaces } from './face-candidate.ts';
import { cropSize } from './person-crop.ts';

const strides = [8, 16, 32] as const;

/** @throws {FaceAlignerError} `model_mismatch` where a YuNet output is missing or the input is not `[n, 3, h, w]`. */
export function checkYunet(model: InferenceModel): {
  readonly input: string;
  readonly dynamicBatch: boolean;
} {
  const [input] = model.info.inputs;
  const missing = strides
    .flatMap((stride) => ['cls', 'obj', 'bbox', 'kps'].map((kind) => `${kind}_${stride}`))
    .filter((name) => !model.info.outputs.some((output) => output.name === name));
  const fixed = [2, 3].map((axis) => input?.dims[axis]).filter((dim) => typeof dim === 'number');
  const sizeFits = fixed.every((dim) => dim === cropSize);
  if (input?.type !== 'float32' || input.dims.length !== 4 || missing.length > 0 || !sizeFits) {
    throw new FaceAlignerError(
      'model_mismatch',
      `face model: expected YuNet, float32 [n, 3, ${cropSize}, ${cropSize}] with cls, obj, bbox and kps at strides 8, 16, 32, but found ${input?.type} ${JSON.stringify(input?.dims)}${missing.length > 0 ? ` without ${missing.join(', ')}` : ''}`,
    );
  }
  return { input: input.name, dynamicBatch: typeof input.dims[0] === 'string' };
}

const clamp01 = (value: number): number => (value > 0 ? Math.min(1, value) : 0);

/**
 * The faces of one crop with a score of at least `threshold`, best first, at most 4, none overlapping a better one by
 * more than 0.3. Prior `i` of stride `s` stands at column `i mod (320 / s)`, row `i div (320 / s)`.
 *
 * @see https://github.com/opencv/opencv/blob/4.x/modules/objdetect/src/face_detect.cpp
 */
export function decodeYunet(
  outputs: Readonly<Record<string, TensorData>>,
  index: number,
  threshold: number,
): FaceCandidate[] {
  const faces: FaceCandidate[] = [];
  for (const stride of strides) {
    const columns = cropSize / stride;
    const priors = columns * columns;
    const rows = (kind: string, width: number): Float32Array => {
      const data = outputs[`${kind}_${stride}`]?.data;
      if (!(data instanceof Float32Array) || data.length < (index + 1) * priors * width) {
        throw new FaceAlignerError(
          'model_mismatch',
          `face model: expected ${priors} priors in ${kind}_${stride}`,
        );
      }
      return data.subarray(index * priors * width, (index + 1) * priors * width);
    };
    const [classes, objects, boxes, points] = [
      rows('cls', 1),
      rows('obj', 1),
      rows('bbox', 4),
      rows('kps', 10),
    ];
    for (let prior = 0; prior < priors; prior += 1) {
      const score = Math.sqrt(clamp01(classes[prior] ?? 0) * clamp01(objects[prior] ?? 0));
      if (!(score >= threshold)) continue;
      const [column, row] = [prior % columns, Math.floor(prior / columns)];
      const box = (k: number): number => boxes[prior * 4 + k] ?? Number.NaN;
      const [cx, cy] = [(column + box(0)) * stride, (row + box(1)) * stride];
      const [halfWidth, halfHeight] = [(Math.exp(box(2)) * stride) / 2, (Math.exp(box(3)) * stride) / 2];
      const point = (k: number): Point => [
        (column + (points[prior * 10 + 2 * k] ?? Number.NaN)) * stride,
        (row + (points[prior * 10 + 2 * k + 1] ?? Number.NaN)) * stride,
      ];
      const landmarks: FaceLandmarks = [point(0), point(1), point(2), point(3), point(4)];
      const bbox: Xyxy = [cx - halfWidth, cy - halfHeight, cx + halfWidth, cy + halfHeight];
      faces.push({ bbox, landmarks, score });
    }
  }
  return keepBestFaces(faces, 0.3);
}
