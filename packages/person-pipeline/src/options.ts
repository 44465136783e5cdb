import type { Logger } from '@trinetra/contracts';
import type { DetectorOptions } from '@trinetra/detector';
import type { FacePixels } from '@trinetra/embedder';
import type { InferenceRuntimeOptions } from '@trinetra/inference-runtime';
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
