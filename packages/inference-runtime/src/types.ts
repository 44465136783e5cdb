import type { EngineSidecar } from './engine/engine-sidecar.ts';
import type { FailedStep } from './load/load-step.ts';
import type { NodePlacement } from './thread/node-placement.ts';
import type { PixelMap } from './onnx/pixel-map.ts';
import type { ByteInput } from './onnx/rewrite-model.ts';

/**
 * How a float32 tensor `[n, c, h, w]` becomes what a model takes; native code in the inference thread does it. In this
 * order: multiplied by `scale`, `offset` added, rounded and clipped to 0..255 for uint8, cast, and its axes reordered.
 */
export interface FeedConversion {
  readonly type: 'float32' | 'float16' | 'uint8';
  /** Default `nchw`: as it is. */
  readonly layout?: 'nchw' | 'nhwc' | undefined;
  /** Default 1. */
  readonly scale?: number | undefined;
  /** Default 0. */
  readonly offset?: number | undefined;
}

/** A tensor as plain data; `data` is row-major with the shape `dims`. */
export interface TensorData {
  readonly type: 'float32' | 'float16' | 'uint8' | 'int64' | 'int32';
  readonly data: Float32Array | Uint16Array | Uint8Array | BigInt64Array | Int32Array;
  readonly dims: readonly number[];
  /** Of a feed: what to make of it before the model gets it; `type` is float32 and `dims` has four axes then. */
  readonly to?: FeedConversion | undefined;
}

/** What was asked for, what runs instead, and why. */
export interface ModelFallback {
  /** The step that was tried first and the one that runs, such as `engine@tensorrt` and `onnx@cpu`. */
  readonly from: string;
  readonly to: string;
  /** What each step that failed said, in one line. */
  readonly reason: string;
  /** The steps that failed, in order. */
  readonly steps: readonly FailedStep[];
}

/** Name, element type and shape of an input or output; symbolic axes are names. */
export interface TensorInfo {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly (number | string)[];
}

/** What really runs, read from the file and the live session. */
export interface ModelInfo {
  readonly requestedPath: string;
  readonly path: string;
  readonly provider: string;
  readonly precision: string;
  /** Of the file that runs, and of the files with its weights, where it has such; hex. */
  readonly sha256: string;
  /** As the session takes them: of bytes, where `byteInput` is there. */
  readonly inputs: readonly TensorInfo[];
  /** As the file declares them, as it does these: sizes are those of what the exporter ran, and other ones may come. */
  readonly fileInputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** ONNX metadata_props, as exporters such as Ultralytics write them. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What the graph makes of its picture before its first layer; null where there is no graph to read, or no picture. */
  readonly pixels: PixelMap | null;
  /** What the JSON file beside the model says; empty where there is none. */
  readonly sidecar: EngineSidecar;
  /** Names of the operators of the graph; empty where there is no graph to read. */
  readonly operators: readonly string[];
  /** With what the model was made to take bytes; absent where it is loaded as it is. */
  readonly byteInput?: ByteInput | undefined;
  readonly fallback?: ModelFallback;
}

/** What a file says of its model, to tell which pictures it takes. */
export type ModelDescription = Pick<
  ModelInfo,
  'fileInputs' | 'outputs' | 'metadata' | 'pixels' | 'sidecar' | 'operators'
>;

/** Outputs of a run, and its input buffers for reuse. */
export interface RunResult {
  readonly outputs: Readonly<Record<string, TensorData>>;
  readonly feeds: Readonly<Record<string, TensorData>>;
  /** Of a run with `reuseOutputs`: call it once the outputs are read, and look at them no more. */
  readonly release?: (() => void) | undefined;
}

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Names of the outputs wanted; default: all. */
  readonly fetches?: readonly string[] | undefined;
  /** Whether float16 outputs come as float32, converted by native code; default: as they are. */
  readonly floatOutputs?: boolean | undefined;
  /**
   * Whether the outputs may lie in memory that a later run writes anew once this one's `release` was called; default false: in new
   * memory each time. Where a run answers in other shapes than the last one of such feeds, it runs twice, once.
   */
  readonly reuseOutputs?: boolean | undefined;
}

/** A loaded model; it outlives a crash of the thread. */
export interface InferenceModel extends AsyncDisposable {
  readonly info: ModelInfo;
  /**
   * Runs once. The buffers of feeds that are whole are moved into the inference thread: they are detached here and
   * come back in `feeds` of the result; views into larger buffers are copied. A run that fails once it has begun, or
   * is aborted, gives no buffers back.
   *
   * @throws {InferenceError} `model_mismatch` for feeds or fetches that do not fit, `out_of_memory`, `run_failed`,
   * `engine_crashed`, `inference_timeout`, `not_begun`, `engine_restarting` or `closed`; after a crash `model_load_failed`
   * where the model cannot be loaded as it was.
   */
  run(feeds: Readonly<Record<string, TensorData>>, options?: RunOptions): Promise<RunResult>;
  /**
   * Where the operators of the model ran, of one that was loaded with `profile`: a provider hands those that it cannot run
   * to others. Ask once, after a run.
   *
   * @returns Null where it is not known.
   */
  placement?(): Promise<NodePlacement | null>;
  /** Frees the session after the runs under way; may be called twice. */
  close(): Promise<void>;
}
