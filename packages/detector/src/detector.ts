import type { Size } from '@trinetra/contracts';
import {
  type Attempt,
  createFeedMemory,
  createSizedRunner,
  imageFeed,
  paddedSize,
  type TensorData,
} from '@trinetra/inference-runtime';
import { type Detection, type DetectorInput, problemOfFrame, toDetection } from './detector-frame.ts';
import { DetectorError } from './errors.ts';
import { type FrameTensor, writeFrame } from './frame-tensor.ts';
import { inputSizesFor, sizeText } from './input-sizes.ts';
import { readContract } from './model-contract.ts';
import { type DetectorOptions, parseDetectorOptions } from './options.ts';
import { createOutputReader } from './read-output.ts';
import { warningsOf } from './warnings.ts';

/** Buffers kept for the next runs: one at work and one being filled. More would hold memory for batches long gone. */
const maxSpareBuffers = 2;

export interface Detector {
  /** What the model was exported for, px. */
  readonly inputSize: Size;
  /**
   * Sizes that the tensors of frames may have, px, the smallest first: one, or some where the model's height and width are open and
   * `aspectRatios` were given. The one that each frame fits best costs least; frames of several sizes may share a run.
   */
  readonly inputSizes: readonly Size[];
  /** What the tensors of frames hold: `uint8` where the model takes pixels `[n, h, w, 3]` of bytes. */
  readonly tensorType: 'float32' | 'uint8';
  /** The model's fixed batch, or null where it takes any. */
  readonly batchSize: number | null;
  /** From the model's metadata; empty where it has none. */
  readonly classNames: Readonly<Record<number, string>>;
  /** What is probably not meant: wanted classes that are no persons, other thresholds in the graph. To be said once, at the start. */
  readonly warnings: readonly string[];
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
  const settings = parseDetectorOptions(given);
  const { classIds, maxDetections, framesPerRun, runSizes, aspectRatios } = settings;
  const contract = readContract(model.info, classIds);
  const readOutput = createOutputReader(contract, settings, model.info.path);
  const { input, output, inputSize, batchSize, classNames } = contract;
  const inputSizes =
    contract.hasOpenSides && aspectRatios.length > 0
      ? inputSizesFor(inputSize, contract.stride, aspectRatios)
      : [inputSize];
  const runner = createSizedRunner({
    maxSize: batchSize ?? framesPerRun,
    minSize: batchSize ?? 1,
    sizes: runSizes,
    overlap: true,
    onError: 'halve',
    observer,
  });
  const tensorType = input.type === 'uint8' && input.layout === 'nhwc' ? 'uint8' : 'float32';
  const inputs = inputSizes.map(({ width, height }) => ({
    width,
    height,
    memory: createFeedMemory({ type: tensorType, itemLength: 3 * width * height, maxSpare: maxSpareBuffers }),
  }));

  const problemOf = (frame: DetectorInput): DetectorError | null =>
    problemOfFrame(frame, tensorType, inputSizes);

  /** The smallest input that holds the frames. The square is among those of a model that has several. */
  function inputOf(frames: readonly DetectorInput[]): (typeof inputs)[number] {
    const width = Math.max(...frames.map(({ letterbox }) => letterbox.inputWidth));
    const height = Math.max(...frames.map(({ letterbox }) => letterbox.inputHeight));
    const found = inputs.find((size) => size.width >= width && size.height >= height);
    if (found === undefined) throw new DetectorError('invalid_frame', `no input holds ${width}x${height}`);
    return found;
  }

  /** The frames as one tensor, and whether it is a copy in a buffer of ours. */
  function gather(
    frames: readonly DetectorInput[],
    batch: number,
    { width, height, memory }: (typeof inputs)[number],
  ): { tensor: FrameTensor; copied: boolean } {
    const [only] = frames;
    if (batch === 1 && only?.tensor.buffer instanceof SharedArrayBuffer) {
      return { tensor: only.tensor, copied: false };
    }
    const tensor = memory.take(batch);
    for (const [index, frame] of frames.entries()) {
      const { inputWidth, inputHeight } = frame.letterbox;
      writeFrame(frame.tensor, { width: inputWidth, height: inputHeight }, tensor, index, { width, height });
    }
    memory.clear(tensor, frames.length);
    return { tensor, copied: true };
  }

  /**
   * Frames that may share runs, by their places. Where runs are padded to a size anyway, all do, those of one size next to each other;
   * else those of one size: a larger input would cost more for the others.
   */
  function shareRuns(frames: readonly DetectorInput[]): number[][] {
    const places = [...frames.keys()];
    const areaAt = (at: number): number => frames[at]?.tensor.length ?? 0;
    if (runSizes !== undefined || batchSize !== null) return [places.sort((a, b) => areaAt(a) - areaAt(b))];
    return [
      ...Map.groupBy(places, (at) => {
        const { inputWidth = 0, inputHeight = 0 } = frames[at]?.letterbox ?? {};
        return sizeText({ width: inputWidth, height: inputHeight });
      }).values(),
    ];
  }

  async function runAll(
    frames: readonly DetectorInput[],
    signal: AbortSignal | undefined,
  ): Promise<Attempt<Detection[]>[]> {
    const attempts = frames.map(
      (): Attempt<Detection[]> => ({
        ok: false,
        error: new DetectorError('model_mismatch', 'the frame has no answer'),
      }),
    );
    await Promise.all(
      shareRuns(frames).map(async (places) => {
        const part = places.flatMap((at) => frames[at] ?? []);
        const answers = await runner.run(part, (some) => run(some, signal), signal);
        for (const [index, answer] of answers.entries()) attempts[places[index] ?? -1] = answer;
      }),
    );
    return attempts;
  }

  async function run(
    frames: readonly DetectorInput[],
    signal: AbortSignal | undefined,
  ): Promise<Detection[][]> {
    const batch = batchSize ?? paddedSize(frames.length, runSizes, runner.limit);
    const size = inputOf(frames);
    const { tensor, copied } = gather(frames, batch, size);
    const feed: TensorData =
      tensor instanceof Float32Array
        ? imageFeed(input, tensor, [batch, 3, size.height, size.width], { divisor: 255 })
        : { type: 'uint8', data: tensor, dims: [batch, size.height, size.width, 3] };
    const { outputs, release } = await model.run(
      { [input.name]: feed },
      { signal, fetches: [output], floatOutputs: true, reuseOutputs: true },
    );
    if (copied) size.memory.give(tensor); // not after a failure: the thread may still read it
    const found = readOutput(outputs[output], { batch, frames: frames.length, size });
    const detections = frames.map((frame, index) =>
      (found[index] ?? [])
        .flatMap((candidate) => toDetection(candidate, frame) ?? [])
        .slice(0, maxDetections),
    );
    release?.();
    return detections;
  }

  return {
    inputSize,
    inputSizes,
    tensorType,
    batchSize,
    classNames,
    warnings: warningsOf(
      model.info,
      classNames,
      settings,
      contract.head === 'yolov8' && !contract.hasOpenSides ? inputSize : null,
    ),
    detect: async (frames, { signal } = {}) => {
      for (const frame of frames) {
        const problem = problemOf(frame);
        if (problem !== null) throw problem;
      }
      return (await runAll(frames, signal)).map((attempt) => {
        if (!attempt.ok) throw attempt.error;
        return attempt.value;
      });
    },
    detectEach: async (frames, { signal } = {}) => {
      const problems = frames.map(problemOf);
      const sound = frames.filter((_, index) => problems[index] === null);
      const attempts = await runAll(sound, signal);
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
