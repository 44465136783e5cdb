import type { Logger } from '@trinetra/contracts';
import { createDetector, type Detector } from '@trinetra/detector';
import { createEmbedder, type Embedder } from '@trinetra/embedder';
import { createFaceAligner, type FaceAligner } from '@trinetra/face-aligner';
import { createInferencePool, type InferenceModel, type InferenceRuntime } from '@trinetra/inference-runtime';
import type { LogLimiter, Telemetry } from '@trinetra/telemetry';
import type { InferenceHealth } from './inference-health.ts';
import type { Settings } from './settings.ts';

/** The models as they run, on one or more inference threads. */
export interface Models extends AsyncDisposable {
  readonly detector: Detector;
  readonly aligner: FaceAligner;
  readonly embedder: Embedder;
  /** Null where no face is embedded. */
  readonly embeddingSpace: string | null;
  /** What really runs, for `/ready`. */
  readonly loaded: Readonly<Record<string, { provider: string; precision: string; sha256: string }>>;
  /** Whether a thread was given up and has not ended: `process.exit()` would wait for it. */
  hasAbandonedThreads(): boolean;
}

/** Those who are told how the engine is. */
export interface EngineWatch {
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  readonly limiter: LogLimiter;
  readonly health: InferenceHealth;
  /** A thread is stuck in native code for good. */
  readonly onStuck: (error: Error) => void;
}

async function load(
  runtime: InferenceRuntime,
  name: string,
  path: string,
  telemetry: Telemetry,
): Promise<InferenceModel> {
  const model = await runtime.loadModel(path);
  const { provider, precision, sha256, fallback } = model.info;
  telemetry.setModelInfo({ model: name, provider, precision, sha256 });
  if (fallback !== undefined) telemetry.fallback(name, fallback.from, fallback.to, fallback.reason);
  return model;
}

/** Runs every model once on a grey picture, so that the first frame does not pay for the set-up. */
async function warmUp(
  detector: Detector,
  aligner: FaceAligner,
  embedder: Embedder,
  batchSize: number,
): Promise<void> {
  const { inputWidth, inputHeight } = detector;
  const letterbox = { scale: 1, left: 0, top: 0, newWidth: inputWidth, newHeight: inputHeight };
  const tensor = new Float32Array(3 * inputWidth * inputHeight).fill(114 / 255);
  const grey = { tensor, letterbox, width: inputWidth, height: inputHeight };
  await detector.detect(Array.from({ length: batchSize }, () => grey));
  const [face] = await aligner.align(
    { data: new Uint8Array(256 * 256 * 3).fill(114), width: 256, height: 256 },
    [[0, 0, 256, 256]],
  );
  if (face?.found === false && face.reason === 'failed')
    throw new Error('the face model fails on a grey picture');
  const [embedding] = await embedder.embed([new Uint8Array(112 * 112 * 3).fill(114)]);
  if (embedding?.ok === false)
    throw new Error(`the embedder fails on a grey face: ${embedding.message ?? embedding.reason}`);
}

/**
 * Loads, checks and warms up the models that the configuration names.
 *
 * @throws {TrinetraError} where a model is missing, cannot be loaded or does not have the expected shape.
 */
export async function loadModels(config: Settings, watch: EngineWatch): Promise<Models> {
  const { telemetry, logger, limiter, health, onStuck } = watch;
  const { INFERENCE_THREADS: threads, INTRA_OP_THREADS: intraOpThreads } = config;
  const runtime = await createInferencePool({
    logger: { ...logger, warn: (fields, message) => limiter.warn(`engine:${message}`, fields, message) },
    runTimeoutMs: config.INFERENCE_TIMEOUT_MS,
    onRestart: (reason) => telemetry.engineRestarted(reason),
    onStuck,
    ...(threads === undefined ? {} : { threads }),
    ...(intraOpThreads === undefined ? {} : { intraOpThreads }),
  });
  try {
    const detectorModel = await load(runtime, 'detector', config.YOLO_ENGINE_PATH, telemetry);
    const embedderModel = await load(runtime, 'embedder', config.ARCFACE_ENGINE_PATH, telemetry);
    const facePath = config.FACE_MODEL_PATH;
    const faceModel = facePath === undefined ? null : await load(runtime, 'face', facePath, telemetry);
    const headCrop = faceModel === null && config.FACE_FALLBACK === 'head-crop';
    if (faceModel === null) {
      const rest = headCrop
        ? 'FACE_FALLBACK=head-crop embeds unaligned heads, with less accuracy'
        : 'no embeddings are computed';
      logger.warn({}, `FACE_MODEL_PATH is not set: faces are not aligned, and ${rest}`);
    }
    const detector = createDetector({
      model: detectorModel,
      confidenceThreshold: config.CONFIDENCE_THRESHOLD,
      iouThreshold: config.NMS_IOU_THRESHOLD,
      classIds: config.CLASS_IDS,
      framesPerRun: detectorModel.info.provider === 'cpu' ? 1 : config.BATCH_SIZE,
      observer: health.observer('detector'),
    });
    const aligner = createFaceAligner({
      model: faceModel,
      fallback: config.FACE_FALLBACK,
      logger: { ...logger, warn: (fields, message) => limiter.warn(`face:${message}`, fields, message) },
      observer: health.observer('face'),
    });
    const embedder = createEmbedder({
      model: embedderModel,
      maxRunSize: config.EMBED_SUB_BATCH,
      observer: health.observer('embedder'),
    });
    const startedAt = performance.now();
    await warmUp(detector, aligner, embedder, config.BATCH_SIZE);
    logger.info({ warmUpMs: Math.round(performance.now() - startedAt) }, 'models are warm');
    const models = {
      detector: detectorModel,
      embedder: embedderModel,
      ...(faceModel === null ? {} : { face: faceModel }),
    };
    return {
      detector,
      aligner,
      embedder,
      embeddingSpace:
        faceModel !== null
          ? embedder.embeddingSpace
          : headCrop
            ? `${embedder.embeddingSpace}:head-crop`
            : null,
      loaded: Object.fromEntries(
        Object.entries(models).map(([name, { info }]) => [
          name,
          { provider: info.provider, precision: info.precision, sha256: info.sha256 },
        ]),
      ),
      hasAbandonedThreads: () => runtime.abandonedThreads > 0,
      [Symbol.asyncDispose]: () => runtime.close(),
    };
  } catch (error) {
    await runtime.close();
    throw error;
  }
}
