import { type Size, silentLogger } from '@trinetra/contracts';
import { sizeText } from '@trinetra/detector';
import { describeFacePixels } from '@trinetra/embedder';
import type { FrameDecoder } from '@trinetra/frame-decoder';
import { createStages, type Stages } from './create-stages.ts';
import { createEngineProof, type EngineProof } from './engine-proof.ts';
import { createInferenceHealth, type InferenceHealth } from './inference-health.ts';
import { usualInputOf } from './input-aspects.ts';
import { type LoadedModels, loadFiles } from './load-files.ts';
import { type LoadedInfo, loadedInfo } from './loaded-info.ts';
import { unlimited, untilAborted } from './observer.ts';
import { openRuntime } from './open-runtime.ts';
import { defaultNames, type LoadModelsOptions, type OptionNames, parseLoadOptions } from './options.ts';
import { placementsOf } from './placements.ts';
import { planRuns } from './run-sizes.ts';
import { warmUp } from './warm-up.ts';

/** The models as they run, on one or more inference threads. */
export interface Models extends AsyncDisposable, Pick<Stages, 'detector' | 'aligner' | 'embedder'> {
  /** Whether the persons of a batch go through the face model together, as on GPUs; else the frames are aligned at once, each for itself. */
  readonly alignTogether: boolean;
  /** The input size of the detector that square frames have which nothing is known of. */
  readonly usualInput: Size;
  /** Frames that are detected together, at most. */
  readonly batchSize: number;
  /** The embedding space of faces from pictures that this decoder decodes. Null where no face is embedded. */
  embeddingSpaceOf(decoder: Pick<FrameDecoder, 'embeddingSuffix'>): string | null;
  /** What really runs, by role. */
  readonly loaded: Readonly<Record<string, LoadedInfo>>;
  /** Proves that what runs gives what it should. */
  readonly proof: EngineProof;
  /** How the runs go. */
  readonly health: InferenceHealth;
  /** Waits for the runs under way, and ends the inference threads. A second call does nothing. */
  close(): Promise<void>;
}

/** What is left out without a face model. */
function withoutFaces(names: OptionNames, headCrop: boolean): string {
  const rest = headCrop
    ? `${names.faceFallback}=head-crop embeds unaligned heads, with less accuracy`
    : 'no embeddings are computed';
  return `${names.facePath} is not set: faces are not aligned, and ${rest}`;
}

/** What runs, by role, with what only some of the models have. */
function describeLoaded(
  { detector, embedder, face }: LoadedModels,
  stages: Stages,
  placements: Awaited<ReturnType<typeof placementsOf>>,
): Record<string, LoadedInfo> {
  const { pixels, why } = stages.embedder.input;
  const inputSizes = stages.detector.inputSizes.map(sizeText);
  const faces = { pixels: describeFacePixels(pixels), why, perRun: stages.embedder.facesPerRun };
  return {
    detector: loadedInfo(detector, placements['detector'], { inputSizes }),
    embedder: loadedInfo(embedder, placements['embedder'], { faces }),
    ...(face !== null && { face: loadedInfo(face, placements['face']) }),
  };
}

/**
 * Loads the models, finds out what they can take, warms them up, and makes ready to prove them: call `proof.prove()` before you trust
 * them.
 *
 * @throws {TrinetraError} where a model is missing, cannot be loaded or does not have the expected shape; any error once `signal` is aborted.
 * @example
 * const models = await loadModels({ detectorPath: 'yolov8n.onnx', facePath: 'yunet.onnx', embedderPath: 'arcface.onnx' });
 * await models.close();
 */
export async function loadModels(given: LoadModelsOptions): Promise<Models> {
  const options = parseLoadOptions(given);
  const { signal, names = defaultNames, observer = {}, frameAspect = null } = options;
  const limitedLog = options.limitedLog ?? unlimited(options.logger);
  const logger = untilAborted(options.logger ?? silentLogger, signal);
  const health = createInferenceHealth({
    maxConsecutiveFailures: options.maxConsecutiveFailures ?? 5,
    observer,
    limitedLog,
  });
  const { runtime, close: closeRuntime } = await openRuntime({ ...options, logger, limitedLog, observer });
  const giveUp = (): void => void closeRuntime();
  signal?.addEventListener('abort', giveUp);
  try {
    signal?.throwIfAborted();
    const files = await loadFiles(runtime, options, names, observer);
    const headCrop = files.face === null && options.faceFallback === 'head-crop';
    if (files.face === null) logger.warn({}, withoutFaces(names, headCrop));
    const { batchSize = 4, framesPerRun, facesPerRun = 16 } = options;
    const plans = planRuns(files, { batchSize, framesPerRun, facesPerRun });
    const stages = await createStages(files, { options, names, plans, health, logger, limitedLog });
    const { detector, aligner, embedder, proven } = stages;
    await runtime.onEveryThread(() => warmUp(stages, plans, logger));
    const placements = await placementsOf(proven, options.runtime?.requireProvider, logger);
    const proof = await createEngineProof({
      models: proven,
      intervalMs: options.proofIntervalMs ?? 60_000,
      observer,
      logger,
    });
    const space = headCrop ? `${embedder.embeddingSpace}:head-crop` : embedder.embeddingSpace;
    const finish = async (): Promise<void> => {
      await proof[Symbol.asyncDispose]();
      await closeRuntime();
    };
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => {
      closing ??= finish();
      return closing;
    };
    return {
      detector,
      aligner,
      embedder,
      alignTogether: plans.face.padTo !== undefined,
      usualInput: usualInputOf(detector, frameAspect),
      batchSize,
      embeddingSpaceOf: ({ embeddingSuffix }) =>
        files.face === null && !headCrop ? null : space + embeddingSuffix,
      loaded: describeLoaded(files, stages, placements),
      proof,
      health,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await closeRuntime();
    throw error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}
