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

/**
 * Pictures as bytes: levels 0..255, of which the model gets `(level - mean) / divisor`. The divisor is 255 for YOLO and 1 for
 * models of levels.
 */
export interface ByteInput {
  readonly divisor: number;
  /** Default 0. */
  readonly mean?: number;
}

/** What one channel becomes: `scale * value + offset`. */
export interface ChannelMap {
  readonly scale: number;
  readonly offset: number;
}

/** What a graph makes of the values of its picture before its first layer. */
export interface PixelMap {
  /** Operators on the way, in order; empty where the layer takes the picture as it is. */
  readonly steps: readonly string[];
  /** By channel of the input; null where `problem` says why there is no such map. */
  readonly channels: readonly [ChannelMap, ChannelMap, ChannelMap] | null;
  /** Whether the layer gets the channels in the reverse order. */
  readonly swapsChannels: boolean;
  /** Whether values down to -1, and up to 255, pass without being clipped. */
  readonly passes: { readonly below0: boolean; readonly above1: boolean };
  /** What white is more than black, by level, where there is no map by channel; null where nothing is measured. */
  readonly gain: number | null;
  readonly problem: string;
}

/** What `yolo.engine.json` tells of `yolo.engine`, and `arcface.onnx.json` of `arcface.onnx`, where the files themselves do not. */
export interface EngineSidecar {
  readonly inputs?: readonly TensorInfo[] | undefined;
  readonly outputs?: readonly TensorInfo[] | undefined;
  /** Name of the GPU that it was built on, as nvidia-smi tells it. */
  readonly gpu?: string | undefined;
  /** Such as `8.6`; `8.0+` for an engine that runs on every GPU from there. */
  readonly computeCapability?: string | undefined;
  /** Version that built it. */
  readonly tensorrt?: string | undefined;
  readonly precision?: 'fp32' | 'fp16' | 'int8' | undefined;
  /** Size and SHA-256 of the engine file. */
  readonly bytes?: number | undefined;
  readonly sha256?: string | undefined;
  /** How a model of faces wants its pixels: order, mean and divisor, such as `bgr 127.5 127.5`. */
  readonly pixels?: string | undefined;
}

/** Operators of a model that ran on each provider, such as `{ tensorrt: 1, cpu: 3 }`. */
export type NodePlacement = Readonly<Record<string, number>>;

/** Why a step of loading a model failed; a closed list, used as a label of metrics. */
export type LoadFailure =
  | 'file_missing'
  | 'file_unreadable'
  | 'header_unreadable'
  | 'io_unknown'
  | 'other_gpu'
  | 'engine_refused'
  | 'provider_not_configured'
  | 'provider_missing'
  | 'gpu_missing'
  | 'driver_too_old'
  | 'out_of_memory'
  | 'engine_crashed'
  | 'timeout'
  | 'device_lost'
  | 'load_failed';

/** The kinds of files that a model may have. */
export type ModelFormat = 'engine' | 'fp16.onnx' | 'onnx';

/** A file on a provider. */
export interface LoadStep {
  readonly format: ModelFormat;
  readonly path: string;
  readonly provider: string;
}

/** A step that failed, and why. */
export interface FailedStep extends LoadStep {
  readonly reason: LoadFailure;
  /** One line. */
  readonly message: string;
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

/** Why a thread ended that nobody closed. */
export type ThreadEnd = 'engine_crashed' | 'inference_timeout';
