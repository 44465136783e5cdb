import type { Letterbox, Xyxy } from '@trinetra/contracts';
import {
  type Attempt,
  createFeedMemory,
  createSizedRunner,
  imageFeed,
  paddedSize,
  type TensorData,
} from '@trinetra/inference-runtime';
import { decodeEndToEnd, decodeHead } from './decode-head.ts';
import { DetectorError } from './errors.ts';
import { headOf, problemOfHead, readContract } from './model-contract.ts';
import { type Candidate, suppress } from './nms.ts';
import { type DetectorOptions, parseDetectorOptions } from './options.ts';

/** Candidates that enter the suppression, as Ultralytics has it. */
const maxCandidates = 30_000;

/** Buffers kept for the next runs: one at work and one being filled. More would hold memory for batches long gone. */
const maxSpareBuffers = 2;

/** Its `copy` moves shared memory three times as fast as a typed array's `set`. */
const bytesOf = ({ buffer, byteOffset, byteLength }: DetectorInput['tensor']): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

const arrays = { float32: Float32Array, uint8: Uint8Array } as const;

/** One frame as the model takes it, and how to find the way back. */
export interface DetectorInput {
  /**
   * The letterboxed picture, of the kind that the detector's `tensorType` says: `float32` is `[3, h, w]` RGB 0..1, `uint8` is
   * `[h, w, 3]` RGB 0..255. Never detached; in shared memory and alone in its run it is not copied either.
   */
  readonly tensor: Float32Array | Uint8Array;
  readonly letterbox: Pick<Letterbox, 'scale' | 'left' | 'top'>;
  /** Size of the frame, px. */
  readonly width: number;
  readonly height: number;
}

export interface Detection {
  /** `[x1, y1, x2, y2]` in the pixels of the frame, clipped to it. */
  readonly bbox: Xyxy;
  /** 0..1 */
  readonly confidence: number;
  readonly classId: number;
}

export interface Detector {
  readonly inputWidth: number;
  readonly inputHeight: number;
  /** What the tensors of frames hold: `uint8` where the model takes pixels `[n, h, w, 3]` of bytes. */
  readonly tensorType: 'float32' | 'uint8';
  /** The model's fixed batch, or null where it takes any. */
  readonly batchSize: number | null;
  /** From the model's metadata; empty where it has none. */
  readonly classNames: Readonly<Record<number, string>>;
  /**
   * Detects in all frames, in one run where the model's batch and `framesPerRun` allow, else in several at once. One list
   * a frame, most confident first. As {@link Detector.detectEach}, but one frame that fails fails the call.
   *
   * @throws {DetectorError} `invalid_frame` for a tensor of another size or a letterbox that cannot be undone,
   * `model_mismatch` for an output that does not fit the frames; what the model's `run` throws.
   */
  detect(
    frames: readonly DetectorInput[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<Detection[][]>;
  /**
   * As {@link Detector.detect}, and answers for each frame: its detections, or the error that it alone is given up for.
   * A run that is refused for memory is halved, and later runs have the size that fits; one that fails otherwise is halved
   * down to the frames at fault.
   *
   * @throws the reason of `signal`.
   */
  detectEach(
    frames: readonly DetectorInput[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<Attempt<Detection[]>[]>;
}

/** Back from the model's pixels to those of the frame; null for a box that lies in the padding. */
function toDetection(candidate: Candidate, frame: DetectorInput): Detection | null {
  const { scale, left, top } = frame.letterbox;
  const x = (value: number): number => Math.min(frame.width, Math.max(0, (value - left) / scale));
  const y = (value: number): number => Math.min(frame.height, Math.max(0, (value - top) / scale));
  const bbox: Xyxy = [x(candidate.x1), y(candidate.y1), x(candidate.x2), y(candidate.y2)];
  if (bbox[2] <= bbox[0] || bbox[3] <= bbox[1]) return null;
  return { bbox, confidence: candidate.confidence, classId: candidate.classId };
}

/** Why a frame cannot be run; null where it can. */
function problemOfFrame(
  frame: DetectorInput,
  type: 'float32' | 'uint8',
  dims: readonly number[],
): DetectorError | null {
  const { tensor, width, height } = frame;
  const { scale, left, top } = frame.letterbox;
  const values = dims.reduce((product, size) => product * size, 1);
  if (tensor.length !== values || !(tensor instanceof arrays[type])) {
    return new DetectorError(
      'invalid_frame',
      `tensor: expected ${values} numbers [${dims.join(', ')}] of ${type} but received ${tensor.length} of a ${tensor.constructor.name}`,
    );
  }
  const positive = [scale, width, height].every((value) => value > 0 && Number.isFinite(value));
  if (!positive || !Number.isFinite(left + top)) {
    return new DetectorError(
      'invalid_frame',
      `letterbox: expected a scale and a size above 0 but received ${JSON.stringify({ width, height, scale, left, top })}`,
    );
  }
  return null;
}

/**
 * Makes a detector over a loaded YOLO model.
 *
 * @throws {DetectorError} `model_mismatch` where the model has other shapes, `invalid_options` for options out of range.
 * @example
 * const detector = createDetector({ model: await runtime.loadModel('yolov8n.onnx', { byteInput: { divisor: 255 } }) });
 * const [detections] = await detector.detect([frame]);
 */
export function createDetector(options: DetectorOptions): Detector {
  const { model, observer, ...given } = options;
  const { confidenceThreshold, iouThreshold, classIds, maxDetections, framesPerRun, runSizes } =
    parseDetectorOptions(given);
  const contract = readContract(model.info, classIds);
  const { input, output, inputWidth, inputHeight, batchSize, classNames } = contract;
  const values = 3 * inputWidth * inputHeight;
  const runner = createSizedRunner({
    maxSize: batchSize ?? framesPerRun,
    minSize: batchSize ?? 1,
    sizes: runSizes,
    overlap: true,
    onError: 'halve',
    observer,
  });
  const tensorType = input.type === 'uint8' && input.layout === 'nhwc' ? 'uint8' : 'float32';
  const dims = tensorType === 'uint8' ? [inputHeight, inputWidth, 3] : [3, inputHeight, inputWidth];
  const memory = createFeedMemory({ type: tensorType, itemLength: values, maxSpare: maxSpareBuffers });

  const problemOf = (frame: DetectorInput): DetectorError | null => problemOfFrame(frame, tensorType, dims);

  /** The frames as one tensor, and whether it is a copy in a buffer of ours. */
  function gather(
    frames: readonly DetectorInput[],
    batch: number,
  ): { tensor: DetectorInput['tensor']; copied: boolean } {
    const [only] = frames;
    if (batch === 1 && only?.tensor.buffer instanceof SharedArrayBuffer) {
      return { tensor: only.tensor, copied: false };
    }
    const tensor = memory.take(batch);
    const target = bytesOf(tensor);
    for (const [index, frame] of frames.entries())
      bytesOf(frame.tensor).copy(target, index * values * tensor.BYTES_PER_ELEMENT);
    memory.clear(tensor, frames.length);
    return { tensor, copied: true };
  }

  /** The data and shape of an output that holds `batch` frames. */
  function checkOutput(
    result: TensorData | undefined,
    batch: number,
  ): { data: Float32Array; dims: readonly number[]; size: number } {
    const { data, dims = [] } = result ?? {};
    const [frames = 0, rows = 0, columns = 0] = dims;
    const size = rows * columns;
    const problem =
      frames === batch && data instanceof Float32Array && data.length === batch * size
        ? problemOfHead(dims, classNames, classIds)
        : `a float32 output for ${batch} frames`;
    if (problem === null && data instanceof Float32Array) return { data, dims, size };
    throw new DetectorError(
      'model_mismatch',
      `detector model ${model.info.path}: expected ${problem} but received ${result?.type} ${JSON.stringify(dims)}`,
    );
  }

  async function run(
    frames: readonly DetectorInput[],
    signal: AbortSignal | undefined,
  ): Promise<Detection[][]> {
    const batch = batchSize ?? paddedSize(frames.length, runSizes, runner.limit);
    const { tensor, copied } = gather(frames, batch);
    const feed: TensorData =
      tensor instanceof Float32Array
        ? imageFeed(input, tensor, [batch, 3, inputHeight, inputWidth], { divisor: 255 })
        : { type: 'uint8', data: tensor, dims: [batch, ...dims] };
    const { outputs, release } = await model.run(
      { [input.name]: feed },
      { signal, fetches: [output], floatOutputs: true, reuseOutputs: true },
    );
    if (copied) memory.give(tensor); // not after a failure: the thread may still read it
    const { data, dims: shape, size } = checkOutput(outputs[output], batch);
    const [, rows = 0, columns = 0] = shape;
    const detections = frames.map((frame, index) => {
      const head = data.subarray(index * size, (index + 1) * size);
      const kept =
        headOf(shape) === 'end-to-end'
          ? decodeEndToEnd(head, classIds, confidenceThreshold)
          : suppress(
              decodeHead(head, rows - 4, columns, classIds, confidenceThreshold),
              iouThreshold,
              maxCandidates,
              maxDetections,
            );
      return kept.flatMap((candidate) => toDetection(candidate, frame) ?? []).slice(0, maxDetections);
    });
    release?.();
    return detections;
  }

  return {
    inputWidth,
    inputHeight,
    tensorType,
    batchSize,
    classNames,
    detect: async (frames, { signal } = {}) => {
      for (const frame of frames) {
        const problem = problemOf(frame);
        if (problem !== null) throw problem;
      }
      const attempts = await runner.run(frames, (part) => run(part, signal), signal);
      return attempts.map((attempt) => {
        if (!attempt.ok) throw attempt.error;
        return attempt.value;
      });
    },
    detectEach: async (frames, { signal } = {}) => {
      const problems = frames.map(problemOf);
      const sound = frames.filter((_, index) => problems[index] === null);
      const attempts = await runner.run(sound, (part) => run(part, signal), signal);
      let next = 0;
      return problems.map((error): Attempt<Detection[]> => {
        if (error !== null) return { ok: false, error };
        const attempt = attempts[next];
        next += 1;
        return (
          attempt ?? { ok: false, error: new DetectorError('model_mismatch', 'the frame has no answer') }
        );
      });
    },
  };
}
