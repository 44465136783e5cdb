import { defined, type Logger } from '@trinetra/contracts';
import { compareHeads, createDetector, type Detector, detectorSamplePicture } from '@trinetra/detector';
import {
  createProvenEmbedder,
  describeFacePixels,
  type Embedder,
  EmbedderError,
  embedderSamplePicture,
} from '@trinetra/embedder';
import { createFaceAligner, type FaceAligner, faceSamplePicture } from '@trinetra/face-aligner';
import type { InferenceModel } from '@trinetra/inference-runtime';
import type { ProvenModel } from './engine-proof.ts';
import type { InferenceHealth } from './inference-health.ts';
import { aspectRatiosOf } from './input-aspects.ts';
import type { LoadedModels } from './load-files.ts';
import type { LimitedLog } from './observer.ts';
import type { LoadModelsOptions, OptionNames } from './options.ts';
import type { RunPlans } from './run-sizes.ts';
import { runningDetector } from './running-detector.ts';
import { itemsPerRun } from './shared-runs.ts';

export interface StageOptions {
  readonly options: LoadModelsOptions;
  readonly names: OptionNames;
  readonly plans: RunPlans;
  readonly health: InferenceHealth;
  readonly logger: Logger;
  readonly limitedLog: LimitedLog;
}

/** A stage over its model, and how the model proves itself: on a picture as the stage feeds it. */
interface ProvenStage<T> {
  readonly stage: T;
  readonly proven: ProvenModel;
}

async function detectorStage(model: InferenceModel, context: StageOptions): Promise<ProvenStage<Detector>> {
  const { options, names, plans, health, logger } = context;
  const { padTo, framesPerRun: most } = plans.detector;
  const picture = detectorSamplePicture(model.info);
  const proven = { model, picture, batch: padTo?.[0] ?? 1, compare: compareHeads };
  const framesPerRun = await itemsPerRun('detector', proven, most, logger);
  const { confidenceThreshold, iouThreshold, classIds } = options;
  const stage = await runningDetector({
    create: (aspectRatios) =>
      createDetector({
        model,
        ...defined({ confidenceThreshold, iouThreshold, classIds }),
        aspectRatios,
        framesPerRun,
        observer: health.observer('detector'),
        runSizes: framesPerRun > 1 ? padTo : undefined,
      }),
    aspectRatios: aspectRatiosOf(options, model),
    logger,
    shapesName: names.detectorShapes,
  });
  for (const warning of stage.warnings) logger.warn({ model: model.info.path }, warning);
  return { stage, proven };
}

async function faceStage(
  model: InferenceModel | null,
  { options, plans, health, logger, limitedLog }: StageOptions,
): Promise<{ readonly stage: FaceAligner; readonly proven?: ProvenModel }> {
  const given = {
    model,
    ...defined({ fallback: options.faceFallback }),
    logger: {
      ...logger,
      warn: (fields: Readonly<Record<string, unknown>>, message: string) =>
        limitedLog.warn(`face:${message}`, fields, message),
    },
    observer: health.observer('face'),
    runSizes: plans.face.padTo,
  };
  const stage = createFaceAligner(given);
  if (model === null) return { stage };
  const proven = { model, picture: faceSamplePicture(model.info), batch: 1 };
  const crops = await itemsPerRun('face', proven, stage.cropsPerRun, logger);
  if (crops === stage.cropsPerRun) return { stage, proven };
  return { stage: createFaceAligner({ ...given, maxCropsPerRun: crops, runSizes: undefined }), proven };
}

/** The embedder once it has proven itself on faces; the log tells what its pixels are and how it did. */
async function embedderStage(
  model: InferenceModel,
  { options, names, plans, health, logger }: StageOptions,
): Promise<ProvenStage<Embedder>> {
  const { embedder, proof } = await createProvenEmbedder({
    model,
    pixels: options.facePixels,
    ...defined({ maxRunSize: options.facesPerRun }),
    observer: health.observer('embedder'),
    runSizes: plans.embedder.padTo,
  });
  const { same, other, alone, oneByOne, problem } = proof;
  const { path } = model.info;
  if (problem !== '' && options.embedderProof !== 'warn') {
    throw new EmbedderError(
      'model_mismatch',
      `embedder model ${path}: ${problem}; say how it wants them with ${names.facePixels}, or accept it with ${names.embedderProof}=warn`,
    );
  }
  const { pixels, why } = embedder.input;
  const fields = { path, pixels: describeFacePixels(pixels), why };
  if (problem !== '') logger.warn({ ...fields, same, other }, `the embedder is not proven: ${problem}`);
  if (oneByOne) {
    logger.warn(
      { ...fields, alone },
      Number.isNaN(alone)
        ? 'the embedder fails with several faces a run: it gets one at a time, which is slower'
        : 'what the embedder gives for a face depends on the other faces of its run, as with dynamically quantised models: it gets one at a time, which is slower',
    );
  }
  if (problem === '') logger.info({ ...fields, same, other }, 'the embedder tells faces apart');
  return { stage: embedder, proven: { model, picture: embedderSamplePicture(embedder), batch: 1 } };
}

/** The stages over the models. */
export interface Stages {
  readonly detector: Detector;
  readonly aligner: FaceAligner;
  readonly embedder: Embedder;
  /** How each model proves itself, by role. */
  readonly proven: Readonly<Record<string, ProvenModel>>;
}

/**
 * Makes the stages over loaded models; each finds out by runs what its model can take.
 *
 * @throws {TrinetraError} where a model does not have the expected shape, or an embedder is not proven.
 */
export async function createStages(models: LoadedModels, context: StageOptions): Promise<Stages> {
  const detector = await detectorStage(models.detector, context);
  const face = await faceStage(models.face, context);
  const embedder = await embedderStage(models.embedder, context);
  return {
    detector: detector.stage,
    aligner: face.stage,
    embedder: embedder.stage,
    proven: { detector: detector.proven, embedder: embedder.proven, ...defined({ face: face.proven }) },
  };
}
