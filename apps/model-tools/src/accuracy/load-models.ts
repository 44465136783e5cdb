import { availableParallelism } from 'node:os';
import { silentLogger } from '@trinetra/contracts';
import { createDetector, type Detector, detectorByteInput } from '@trinetra/detector';
import {
  createProvenEmbedder,
  describeFacePixels,
  type Embedder,
  embedderByteInput,
  embedderRunSizes,
} from '@trinetra/embedder';
import { createInferenceRuntime, type InferenceRuntime, type ModelInfo } from '@trinetra/inference-runtime';
import { aspectRatiosOf, runningDetector } from '@trinetra/person-pipeline';
import { toldPixels } from '../told-pixels.ts';

/** Threads that decode, and threads that compute, as many as the worker has by default. */
export const threads: number = Math.min(4, availableParallelism());

/** Longest inference, ms: nobody waits for these as for those of a worker. */
const runTimeoutMs = 120_000;

/** Starts what runs the models that are measured. */
export const startRuntime = (executionProviders: string[]): Promise<InferenceRuntime> =>
  createInferenceRuntime({ executionProviders, threads, runTimeoutMs });

/** A model, and what of it runs. */
interface LoadedModel {
  readonly file: string;
  /** Such as `cpu, fp32`; with the file where another one than asked for runs. */
  readonly runs: string;
}

/** What runs: an engine that cannot is stood in for by its `.onnx`, and that must be seen. */
function runsText({ path, requestedPath, provider, precision }: ModelInfo): string {
  return `${path === requestedPath ? '' : `${path} on `}${provider}, ${precision}`;
}

/** Frames a batch, as BATCH_SIZE is by default. */
export const batchSize = 4;

/** Least confidence of what counts for average precision, as is customary. */
const leastConfidence = 0.001;

/** Loads a detector as the worker does for pictures that are not squashed. @throws {TrinetraError} where it cannot be loaded or is no detector. */
export async function loadDetector(
  runtime: InferenceRuntime,
  file: string,
  classIds: readonly number[],
): Promise<LoadedModel & { readonly detector: Detector }> {
  const model = await runtime.loadModel(file, { byteInput: detectorByteInput });
  const onCpu = model.info.provider === 'cpu';
  const detector = await runningDetector({
    create: (aspectRatios) =>
      createDetector({
        model,
        confidenceThreshold: leastConfidence,
        classIds,
        aspectRatios,
        framesPerRun: onCpu ? 1 : batchSize,
        ...(onCpu ? {} : { runSizes: [batchSize] }),
      }),
    aspectRatios: aspectRatiosOf({}, model),
    logger: silentLogger,
    shapesName: 'DETECTOR_SHAPES',
  });
  return { file, runs: runsText(model.info), detector };
}

/** Faces a run, as EMBED_SUB_BATCH is by default. */
const maxRunSize = 16;

/** Loads an embedder as the worker does. @throws {TrinetraError} where it cannot be loaded or is no embedder. */
export async function loadEmbedder(
  runtime: InferenceRuntime,
  file: string,
): Promise<LoadedModel & { readonly faces: string; readonly embedder: Embedder }> {
  const pixels = toldPixels();
  const model = await runtime.loadModel(file, {
    byteInput: (description) => embedderByteInput(description, pixels),
  });
  const onCpu = model.info.provider === 'cpu';
  const runSizes = onCpu ? undefined : embedderRunSizes(maxRunSize);
  const { embedder } = await createProvenEmbedder({ model, pixels, maxRunSize, runSizes });
  const faces = describeFacePixels(embedder.input.pixels);
  return { file, runs: runsText(model.info), faces, embedder };
}
