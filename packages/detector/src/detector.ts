import type { Letterbox, Xyxy } from '@trinetra/contracts';
import type { InferenceModel } from '@trinetra/inference-runtime';
import { z } from 'zod';
import { decodeHead } from './decode-head.ts';
import { DetectorError } from './errors.ts';
import { readContract } from './model-contract.ts';
import { type Candidate, suppress } from './nms.ts';

export interface DetectorOptions {
  /** A YOLOv8 model: `[n, 3, h, w]` RGB 0..1 -> `[n, 4 + classes, anchors]`. */
  readonly model: InferenceModel;
  /** Least confidence, 0..1; default 0.35. */
  readonly confidenceThreshold?: number;
  /** Overlap above which the less confident box of a class goes, 0..1; default 0.45. */
  readonly iouThreshold?: number;
  /** Classes to report; default `[0]`, the persons of COCO. */
  readonly classIds?: readonly number[];
  /** Detections a frame, at most; default 300. */
  readonly maxDetections?: number;
}

export const defaultDetectorOptions: Readonly<Required<Omit<DetectorOptions, 'model'>>> = Object.freeze({
  confidenceThreshold: 0.35,
  iouThreshold: 0.45,
  classIds: Object.freeze([0]),
  maxDetections: 300,
});

const schema = z.strictObject({
  confidenceThreshold: z.number().min(0).max(1),
  iouThreshold: z.number().min(0).max(1),
  classIds: z.array(z.int().min(0)).min(1),
  maxDetections: z.int().min(1).max(30_000),
});

/** Candidates that enter the suppression, as Ultralytics has it. */
const maxCandidates = 30_000;

/** One frame as the model takes it, and how to find the way back. */
export interface DetectorInput {
  /** `[3, h, w]` RGB 0..1, letterboxed; copied, not detached. */
  readonly tensor: Float32Array;
  readonly letterbox: Letterbox;
  /** Size of the frame, px. */
  readonly width: number;
  readonly height: number;
}

export interface Detection {
  /** `[x1, y1, x2, y2]` in the pixels of the frame, clipped to it. */
  readonly bbox: Xyxy;
  readonly confidence: number;
  readonly classId: number;
}

export interface Detector {
  readonly inputWidth: number;
  readonly inputHeight: number;
  /** The model's fixed batch, or null where it takes any. */
  readonly batchSize: number | null;
  readonly classNames: Readonly<Record<number, string>>;
  /**
   * Detects in all frames, in one run where the model's batch allows. One list a frame, most confident first.
   *
   * @throws {DetectorError} `invalid_frame` for a tensor of another size; what the model's `run` throws.
   */
  detect(
    frames: readonly DetectorInput[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<Detection[][]>;
}

/** Back from the model's pixels to those of the frame. */
function toDetection(candidate: Candidate, frame: DetectorInput): Detection | null {
  const { scale, left, top } = frame.letterbox;
  const x = (value: number): number => Math.min(frame.width, Math.max(0, (value - left) / scale));
  const y = (value: number): number => Math.min(frame.height, Math.max(0, (value - top) / scale));
  const bbox: Xyxy = [x(candidate.x1), y(candidate.y1), x(candidate.x2), y(candidate.y2)];
  if (bbox[2] <= bbox[0] || bbox[3] <= bbox[1]) return null;
  return { bbox, confidence: candidate.confidence, classId: candidate.classId };
}

/**
 * Makes a detector over a loaded YOLOv8 model.
 *
 * @throws {DetectorError} `model_mismatch` where the model has other shapes, `invalid_options` for options out of range.
 */
export function createDetector(options: DetectorOptions): Detector {
  const { model, ...given } = options;
  const parsed = schema.safeParse({ ...defaultDetectorOptions, ...given });
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new DetectorError('invalid_options', problems.join('; '));
  }
  const { confidenceThreshold, iouThreshold, classIds, maxDetections } = parsed.data;
  const contract = readContract(model.info);
  const { input, output, inputWidth, inputHeight, batchSize } = contract;
  const values = 3 * inputWidth * inputHeight;
  /** Buffers that came back from the inference thread, by their number of frames. */
  const spare = new Map<number, Float32Array>();

  async function run(
    frames: readonly DetectorInput[],
    signal: AbortSignal | undefined,
  ): Promise<Detection[][]> {
    const batch = batchSize ?? frames.length;
    const tensor = spare.get(batch) ?? new Float32Array(batch * values);
    spare.delete(batch);
    for (const [index, frame] of frames.entries()) tensor.set(frame.tensor, index * values);
    const feeds = {
      [input]: { type: 'float32', data: tensor, dims: [batch, 3, inputHeight, inputWidth] },
    } as const;
    const { outputs, feeds: returned } = await model.run(feeds, { signal, fetches: [output] });
    const back = returned[input]?.data;
    if (back instanceof Float32Array) spare.set(batch, back);
    const result = outputs[output];
    const [, rows = 0, anchors = 0] = result?.dims ?? [];
    if (!(result?.data instanceof Float32Array) || rows < 5) {
      throw new DetectorError(
        'model_mismatch',
        `expected an output [n, 4 + classes, anchors] but received ${JSON.stringify(result?.dims)}`,
      );
    }
    const { data } = result;
    const wanted = classIds.filter((classId) => classId < rows - 4);
    return frames.map((frame, index) => {
      const head = data.subarray(index * rows * anchors, (index + 1) * rows * anchors);
      const candidates = decodeHead(head, rows - 4, anchors, wanted, confidenceThreshold);
      const kept = suppress(candidates, iouThreshold, maxCandidates, maxDetections);
      return kept.flatMap((candidate) => toDetection(candidate, frame) ?? []);
    });
  }

  return {
    inputWidth,
    inputHeight,
    batchSize,
    classNames: contract.classNames,
    detect: async (frames, detectOptions = {}) => {
      for (const { tensor } of frames) {
        if (tensor.length === values) continue;
        throw new DetectorError(
          'invalid_frame',
          `tensor: expected ${values} numbers [3, ${inputHeight}, ${inputWidth}] but received ${tensor.length}`,
        );
      }
      const size = batchSize ?? Math.max(1, frames.length);
      const detections: Detection[][] = [];
      for (let at = 0; at < frames.length; at += size) {
        detections.push(...(await run(frames.slice(at, at + size), detectOptions.signal)));
      }
      return detections;
    },
  };
}
