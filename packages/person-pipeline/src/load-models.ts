import type { Logger, Size } from '@trinetra/contracts';
import {
  compareHeads,
  createDetector,
  type Detector,
  detectorByteInput,
  detectorSamplePicture,
  sizeText,
} from '@trinetra/detector';
import {
  describeFacePixels,
  type Embedder,
  embedderByteInput,
  embedderRunSizes,
  embedderSamplePicture,
} from '@trinetra/embedder';
import { type FaceAligner, faceByteInput, faceRunSizes, faceSamplePicture } from '@trinetra/face-aligner';
import {
  createInferenceRuntime,
  type InferenceModel,
  type InferenceRuntime,
  type LoadModelOptions,
  nameOfStep,
} from '@trinetra/inference-runtime';
import { type ModelRole, roleOf } from '@trinetra/model-roles';
import { UsageError } from '@trinetra/program';
import type { LogLimiter, Telemetry } from '@trinetra/telemetry';
import { endProcess } from './end-process.ts';
import { createEngineProof, type EngineProof } from './engine-proof.ts';
import type { InferenceHealth } from './inference-health.ts';
import { aspectRatiosOf, usualInputOf } from './input-aspects.ts';
import { type LoadedInfo, loadedInfo } from './loaded-info.ts';
import { placementsOf } from './placements.ts';
import { proveAligner } from './prove-aligner.ts';
import { proveEmbedder } from './prove-embedder.ts';
import { runningDetector } from './running-detector.ts';
import type { Settings } from './settings.ts';
import { itemsPerRun } from './shared-runs.ts';
import { type RunSizes, warmUp } from './warm-up.ts';

/** The models as they run, on one or more inference threads. */
export interface Models extends AsyncDisposable {
  readonly detector: Detector;
  readonly aligner: FaceAligner;
  readonly embedder: Embedder;
  /** Whether the persons of a batch go through the face model together, as on GPUs; else the frames are aligned at once, each for itself. */
  readonly alignTogether: boolean;
  /** The input size of the detector that square frames have which nothing is known of. */
  readonly usualInput: Size;
  /** Null where no face is embedded. */
  readonly embeddingSpace: string | null;
  /** What really runs, for `/ready`. */
  readonly loaded: Readonly<Record<string, LoadedInfo>>;
  /** Proves that what runs gives what it should. */
  readonly proof: EngineProof;
}

/** Those who are told how the engine is. */
export interface EngineWatch {
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  readonly limiter: LogLimiter;
  readonly health: InferenceHealth;
  /** A thread is stuck in native code for good. */
  readonly onStuck: (error: Error) => void;
  /** The GPU is lost to this process. */
  readonly onDeviceLost: (error: Error) => void;
  /** Gives up loading: no run more is begun, and only the one under way is waited for. */
  readonly signal?: AbortSignal;
}

/** Where the models of each role are named. */
const variableOf: Readonly<Record<ModelRole, string>> = {
  detector: 'YOLO_ENGINE_PATH',
  face: 'FACE_MODEL_PATH',
  embedder: 'ARCFACE_ENGINE_PATH',
};

/** Refuses a model that is one of the others; one that is none of them is for its stage to refuse. */
function assertRole(name: ModelRole, { info }: InferenceModel): void {
  const { role } = roleOf(info.path, { ...info, inputs: info.fileInputs });
  if (role === null || role === name) return;
  const what = { detector: 'a detector', face: 'a face model', embedder: 'an embedder' };
  throw new UsageError(
    `${variableOf[name]}: expected ${what[name]} but ${info.path} is ${what[role]}: name it in ${variableOf[role]}`,
  );
}

async function load(
  runtime: InferenceRuntime,
  name: ModelRole,
  path: string,
  telemetry: Telemetry,
  options: LoadModelOptions,
): Promise<InferenceModel> {
  const model = await runtime.loadModel(path, { profile: true, ...options });
  assertRole(name, model);
  const { provider, precision, sha256, fallback } = model.info;
  telemetry.setModelInfo({ model: name, provider, precision, sha256 });
  const steps = fallback?.steps ?? [];
  for (const [index, step] of steps.entries()) {
    const next = steps[index + 1];
    const to = next === undefined ? (fallback?.to ?? '') : nameOfStep(next);
    telemetry.fallback(name, nameOfStep(step), to, step.reason);
  }
  return model;
}

/** A batch whose persons are found is finished before another is begun: else it would hold its place in the pipeline meanwhile. */
const laterStage: LoadModelOptions = { priority: 1 };

const onGpu = (model: InferenceModel): boolean => model.info.provider !== 'cpu';

/** Sizes of the runs of each model: a few on GPUs; on CPUs any comes, and one is warmed up. */
function runSizesOf(
  config: Settings,
  models: { detector: InferenceModel; face: InferenceModel | null; embedder: InferenceModel },
): RunSizes {
  return {
    detector: [config.BATCH_SIZE],
    face: models.face !== null && onGpu(models.face) ? faceRunSizes : [1],
    embedder: onGpu(models.embedder) ? embedderRunSizes(config.EMBED_SUB_BATCH) : [1],
  };
}

/**
 * Loads, checks and warms up the models that the configuration names.
 *
 * @throws {TrinetraError} where a model is missing, cannot be loaded or does not have the expected shape; any error once `signal` is aborted.
 */
export async function loadModels(config: Settings, watch: EngineWatch): Promise<Models> {
  const { telemetry, limiter, health, onStuck, onDeviceLost, signal } = watch;
  const logger = untilAborted(watch.logger, signal);
  const runtime = await createInferenceRuntime({
    logger: {
      ...logger,
      // A fallback is told of each model, a thread that restarts again and again is not.
      warn: (fields, message) =>
        limiter.warn(`engine:${message}:${String(fields['requestedPath'] ?? '')}`, fields, message),
    },
    runTimeoutMs: config.INFERENCE_TIMEOUT_MS,
    onRestart: (reason) => telemetry.engineRestarted(reason),
    onStuck,
    onDeviceLost,
    executionProviders: config.EXECUTION_PROVIDERS,
    requireProvider: config.REQUIRE_PROVIDER,
    deviceId: config.GPU_DEVICE_ID,
    engineCacheFolder: config.ENGINE_CACHE_DIR,
    threads: config.INFERENCE_THREADS ?? 'auto',
    intraOpThreads: config.INTRA_OP_THREADS,
  });
  const onExit = (): void => {
    if (runtime.busyThreads > 0) endProcess();
  };
  process.once('exit', onExit);
  const close = async (): Promise<void> => {
    await runtime.close();
    if (runtime.busyThreads === 0) process.off('exit', onExit); // a thread that was given up may still be in native code
  };
  const giveUp = (): void => void close();
  signal?.addEventListener('abort', giveUp);
  try {
    signal?.throwIfAborted();
    const detectorModel = await load(runtime, 'detector', config.YOLO_ENGINE_PATH, telemetry, {
      byteInput: detectorByteInput,
    });
    const embedderModel = await load(runtime, 'embedder', config.ARCFACE_ENGINE_PATH, telemetry, {
      ...laterStage,
      byteInput: (description) => embedderByteInput(description, config.ARCFACE_INPUT),
    });
    const facePath = config.FACE_MODEL_PATH;
    const faceModel =
      facePath === undefined
        ? null
        : await load(runtime, 'face', facePath, telemetry, { ...laterStage, byteInput: faceByteInput });
    const headCrop = faceModel === null && config.FACE_FALLBACK === 'head-crop';
    if (faceModel === null) {
      const rest = headCrop
        ? 'FACE_FALLBACK=head-crop embeds unaligned heads, with less accuracy'
        : 'no embeddings are computed';
      logger.warn({}, `FACE_MODEL_PATH is not set: faces are not aligned, and ${rest}`);
    }
    const sizes = runSizesOf(config, { detector: detectorModel, face: faceModel, embedder: embedderModel });
    const framesPerRun = await itemsPerRun({
      name: 'detector',
      model: detectorModel,
      picture: detectorSamplePicture(detectorModel.info),
      most: config.FRAMES_PER_RUN ?? (onGpu(detectorModel) ? config.BATCH_SIZE : 1),
      compare: compareHeads,
      logger,
    });
    const detectorFor = (aspectRatios: readonly number[]): Detector =>
      createDetector({
        model: detectorModel,
        confidenceThreshold: config.CONFIDENCE_THRESHOLD,
        iouThreshold: config.NMS_IOU_THRESHOLD,
        classIds: config.CLASS_IDS,
        aspectRatios,
        framesPerRun,
        observer: health.observer('detector'),
        ...(onGpu(detectorModel) && framesPerRun > 1 ? { runSizes: sizes.detector } : {}),
      });
    const detector = await runningDetector(detectorFor, aspectRatiosOf(config, detectorModel), logger);
    for (const warning of detector.warnings) logger.warn({ model: detectorModel.info.path }, warning);
    const aligner = await proveAligner(
      {
        model: faceModel,
        fallback: config.FACE_FALLBACK,
        logger: { ...logger, warn: (fields, message) => limiter.warn(`face:${message}`, fields, message) },
        observer: health.observer('face'),
        ...(faceModel !== null && onGpu(faceModel) ? { runSizes: sizes.face } : {}),
      },
      logger,
    );
    const embedder = await proveEmbedder(
      {
        model: embedderModel,
        pixels: config.ARCFACE_INPUT,
        maxRunSize: config.EMBED_SUB_BATCH,
        observer: health.observer('embedder'),
        ...(onGpu(embedderModel) ? { runSizes: sizes.embedder } : {}),
      },
      config.ARCFACE_PROOF,
      logger,
    );
    await runtime.onEveryThread(() => warmUp({ detector, aligner, embedder }, sizes, logger));
    const models = {
      detector: detectorModel,
      embedder: embedderModel,
      ...(faceModel === null ? {} : { face: faceModel }),
    };
    const placements = await placementsOf(models, config.REQUIRE_PROVIDER, logger);
    const proof = await createEngineProof({
      models: {
        detector: {
          model: detectorModel,
          picture: detectorSamplePicture(detectorModel.info),
          batch: onGpu(detectorModel) ? config.BATCH_SIZE : 1,
          compare: compareHeads,
        },
        embedder: {
          model: embedderModel,
          picture: embedderSamplePicture(embedder),
          batch: 1,
        },
        ...(faceModel === null
          ? {}
          : { face: { model: faceModel, picture: faceSamplePicture(faceModel.info), batch: 1 } }),
      },
      intervalMs: config.PROBE_INTERVAL_MS,
      telemetry,
      logger,
    });
    const { pixels, why } = embedder.input;
    const own: Record<string, Pick<LoadedInfo, 'inputSizes' | 'faces'>> = {
      detector: { inputSizes: detector.inputSizes.map(sizeText) },
      embedder: { faces: { pixels: describeFacePixels(pixels), why, perRun: embedder.facesPerRun } },
    };
    return {
      detector,
      aligner,
      embedder,
      alignTogether: faceModel !== null && onGpu(faceModel),
      usualInput: usualInputOf(detector, config),
      embeddingSpace:
        faceModel !== null
          ? embedder.embeddingSpace
          : headCrop
            ? `${embedder.embeddingSpace}:head-crop`
            : null,
      loaded: Object.fromEntries(
        Object.entries(models).map(([name, model]) => [name, loadedInfo(model, placements[name], own[name])]),
      ),
      proof,
      [Symbol.asyncDispose]: async () => {
        await proof[Symbol.asyncDispose]();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}

/** Says nothing any more once the signal is aborted: what fails then fails of that. */
function untilAborted(logger: Logger, signal: AbortSignal | undefined): Logger {
  const unlessAborted =
    (log: Logger['warn']): Logger['warn'] =>
    (...args) => {
      if (signal?.aborted !== true) log(...args);
    };
  return { ...logger, warn: unlessAborted(logger.warn), error: unlessAborted(logger.error) };
}
