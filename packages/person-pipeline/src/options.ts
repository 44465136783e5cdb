import {
  type Logger,
  type ParseOptions,
  parseOptions,
  refuseWith,
  requireOptions,
} from '@trinetra/contracts';
import type { DetectorOptions } from '@trinetra/detector';
import type { FacePixels } from '@trinetra/embedder';
import type { InferenceRuntimeOptions } from '@trinetra/inference-runtime';
import { z } from 'zod';
import { PersonPipelineError } from './errors.ts';
import type { EngineObserver, LimitedLog } from './observer.ts';

/** Options that messages tell of. */
const toldOptions = [
  'detectorPath',
  'facePath',
  'embedderPath',
  'faceFallback',
  'facePixels',
  'embedderProof',
  'detectorShapes',
] as const;

/** What whoever sets the options calls them, for messages. */
export type OptionNames = Readonly<Record<(typeof toldOptions)[number], string>>;

/** The names of the options themselves. */
export const defaultNames = Object.fromEntries(toldOptions.map((name) => [name, name])) as OptionNames;

export interface LoadModelsOptions
  extends Pick<DetectorOptions, 'confidenceThreshold' | 'iouThreshold' | 'classIds'> {
  /** A YOLO or RT-DETR detector: `.onnx`, or `.engine` with the `.onnx` beside it. So are the others. */
  readonly detectorPath: string;
  /** An embedder such as ArcFace. */
  readonly embedderPath: string;
  /** YuNet, or SCRFD with five landmarks; without it no face is looked for. */
  readonly facePath?: string | undefined;
  /** Without a face model: `none` (default), or `head-crop` to embed the unaligned upper part of each person. */
  readonly faceFallback?: 'none' | 'head-crop';
  /** How the embedder wants faces; default: as its graph tells. */
  readonly facePixels?: FacePixels | undefined;
  /** What becomes of an embedder that does not tell two drawn people apart; default `refuse`. */
  readonly embedderProof?: 'refuse' | 'warn';
  /** `auto` (default): a detector with open sides runs at the smallest input that holds a frame; `square`: at its own size. */
  readonly detectorShapes?: 'auto' | 'square';
  /** Width over height of what square frames show of which nothing is known; null (default): they are square. */
  readonly frameAspect?: number | null;
  /** Width over height of what the cameras see, where it is known. */
  readonly cameraAspects?: readonly number[];
  /** Frames that are detected together, at most; default 4. */
  readonly batchSize?: number;
  /** Of these in one run; default: all on a GPU, 1 on CPUs. */
  readonly framesPerRun?: number | undefined;
  /** Faces in one run of the embedder, 1..16; default 16. */
  readonly facesPerRun?: number;
  /** Where and how the models run. */
  readonly runtime?: Omit<InferenceRuntimeOptions, 'logger' | 'onRestart'>;
  /** How often each model has to prove itself once the proof is started, ms; default 60,000. */
  readonly proofIntervalMs?: number;
  /** Failures of a model in a row after which its health is bad; default 5. */
  readonly maxConsecutiveFailures?: number;
  /** Default: the names of the options themselves. */
  readonly names?: OptionNames;
  /** Default: silent. */
  readonly logger?: Logger;
  /** Default: every line goes to `logger`. */
  readonly limitedLog?: LimitedLog;
  readonly observer?: EngineObserver;
  /** Called where the process exits while a thread is still in native code, for which `process.exit()` would wait. */
  readonly onBusyExit?: (() => void) | undefined;
  /** Gives up loading: no run more is begun, and only the one under way is waited for. */
  readonly signal?: AbortSignal | undefined;
}

/** How options of this package are refused. */
export const refusing: ParseOptions = refuseWith(PersonPipelineError);

/** The models as they were given. @throws {PersonPipelineError} `invalid_options` where they are none. */
export function requireModels<M extends { readonly detector: unknown }>(models: M): M {
  const { detector } = requireOptions(models, { ...refusing, prefix: 'models' });
  if (detector !== undefined) return models;
  throw new PersonPipelineError('invalid_options', 'models: expected what loadModels() resolves with');
}

const modelFile = z.string('expected the path of a model').min(1, 'expected the path of a model');
const aspect = z.number().min(0.01).max(100);
/** Looked at by the package that they are for. */
const passedOn = z.unknown().optional();

const schema = z.strictObject({
  detectorPath: modelFile,
  embedderPath: modelFile,
  facePath: modelFile.optional(),
  faceFallback: z.enum(['none', 'head-crop']).optional(),
  embedderProof: z.enum(['refuse', 'warn']).optional(),
  detectorShapes: z.enum(['auto', 'square']).optional(),
  frameAspect: aspect.nullable().optional(),
  cameraAspects: z.array(aspect).optional(),
  batchSize: z.int().min(1).max(64).optional(),
  framesPerRun: z.int().min(1).max(64).optional(),
  facesPerRun: z.int().min(1).max(16).optional(),
  proofIntervalMs: z.int().min(1).max(86_400_000).optional(),
  maxConsecutiveFailures: z.int().min(1).optional(),
  confidenceThreshold: passedOn,
  iouThreshold: passedOn,
  classIds: passedOn,
  facePixels: passedOn,
  runtime: passedOn,
  names: passedOn,
  logger: passedOn,
  limitedLog: passedOn,
  observer: passedOn,
  onBusyExit: passedOn,
  signal: passedOn,
});

/** @throws {PersonPipelineError} `invalid_options`, naming every option that is missing, unknown or out of range. */
export function parseLoadOptions(options: LoadModelsOptions): LoadModelsOptions {
  parseOptions(schema, options, refusing);
  return options;
}
