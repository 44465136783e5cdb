import type { Result, Size } from '@trinetra/contracts';
import {
  createFeedMemory,
  createSizedRunner,
  imageFeed,
  paddedSize,
  pictureType,
} from '@trinetra/inference-runtime';
import { type Detection, type DetectorInput, failureOfFrame, toDetection } from './detector-frame.ts';
import { DetectorError } from './errors.ts';
import { type FrameTensor, writeFrame } from './frame-tensor.ts';
import { inputSizesFor, sizeText } from './input-sizes.ts';
import { readContract } from './model-contract.ts';
import { detectorByteInput } from './model-facts.ts';
import { type DetectorOptions, readDetectorOptions } from './options.ts';
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
   * Detects in all frames, in one run where the model's batch and `framesPerRun` allow, else in several at once. One result
   * a frame: its detections, most confident first, or why it alone is given up. The reason is `invalid_frame` for a tensor of
   * another size or a letterbox that cannot be undone, `model_mismatch` for an output that does not fit the frames, else the
   * code of what the model's `run` throws.
   *
   * A run that is refused for memory is halved, and later runs have the size that fits; one that fails otherwise is halved
   * down to the frames at fault.
   *
   * @throws the reason of `signal`.
   */
  detect(
    frames: readonly DetectorInput[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<Result<Detection[]>[]>;
}

/** A frame, and its place in the call. */
interface PlacedFrame {
  readonly frame: DetectorInput;
  readonly at: number;
}

/**
 * Makes a detector over a loaded YOLO model.
 *
 * @throws {DetectorError} `model_mismatch` where the model has other shapes, `invalid_options` for options out of range.
 * @example
 * const detector = createDetector({ model: await runtime.loadModel('yolov8n.onnx', { byteInput: detectorByteInput }) });
 * const [result] = await detector.detect([frame]);
 */
export function createDetector(options: DetectorOptions): Detector {
  const { model, observer, settings } = readDetectorOptions(options);
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
  const tensorType = pictureType(input);
  const inputs = inputSizes.map(({ width, height }) => ({
    width,
    height,
    memory: createFeedMemory({ type: tensorType, itemLength: 3 * width * height, maxSpare: maxSpareBuffers }),
  }));

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
   * Frames that may share runs. Where runs are padded to a size anyway, all do, those of one size next to each other; else those
   * of one size: a larger input would cost more for the others.
   */
  function shareRuns(frames: readonly PlacedFrame[]): PlacedFrame[][] {
    if (runSizes !== undefined || batchSize !== null) {
      return [frames.toSorted((a, b) => a.frame.tensor.length - b.frame.tensor.length)];
    }
    const sizeOf = ({ frame: { letterbox } }: PlacedFrame): string =>
      sizeText({ width: letterbox.inputWidth, height: letterbox.inputHeight });
    return [...Map.groupBy(frames, sizeOf).values()];
  }

  async function run(part: readonly PlacedFrame[], signal: AbortSignal | undefined): Promise<Detection[][]> {
    const frames = part.map(({ frame }) => frame);
    const batch = batchSize ?? paddedSize(frames.length, runSizes, runner.limit);
    const size = inputOf(frames);
    const { tensor, copied } = gather(frames, batch, size);
    const feed = imageFeed(input, tensor, [batch, 3, size.height, size.width], detectorByteInput);
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
      const results = new Array<Result<Detection[]>>(frames.length);
      const sound: PlacedFrame[] = [];
      for (const [at, frame] of frames.entries()) {
        const failure = failureOfFrame(frame, tensorType, inputSizes);
        if (failure === null) sound.push({ frame, at });
        else results[at] = failure;
      }
      await Promise.all(
        shareRuns(sound).map(async (group) => {
          const answers = await runner.run(group, (part) => run(part, signal), signal);
          for (const [index, answer] of answers.entries()) results[group[index]?.at ?? -1] = answer;
        }),
      );
      return results;
    },
  };
}
