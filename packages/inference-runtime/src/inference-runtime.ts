import { type Logger, silentLogger } from '@trinetra/contracts';
import { InferenceError } from './errors.ts';
import { type GpuInfo, readGpus } from './engine/gpus.ts';
import { type ChainResult, fallbackOf, loadChain } from './load/load-chain.ts';
import type { LoadFailure } from './load/load-step.ts';
import { LoadedModel, loadSession } from './thread/loaded-model.ts';
import { measureStem } from './load/measure-stem.ts';
import type { LoadedSession, SessionRequest } from './thread/messages.ts';
import { type InferenceRuntimeOptions, parseInferenceRuntimeOptions } from './options.ts';
import { checkProvider, type ProviderCheck } from './load/provider-check.ts';
import type { ByteInput } from './onnx/rewrite-model.ts';
import { inferenceThreadFile, type ThreadClient } from './thread/thread-client.ts';
import { ThreadSupervisor } from './thread/thread-supervisor.ts';
import type { InferenceModel, ModelDescription, ModelInfo } from './types.ts';

/** What one model may have otherwise than its runtime. */
export interface LoadModelOptions
  extends Pick<InferenceRuntimeOptions, 'intraOpThreads' | 'executionProviders' | 'requireProvider'> {
  /** Whether to find out where its operators run, on other providers than the CPU's; default false. */
  readonly profile?: boolean;
  /**
   * Loads an ONNX model that takes float pictures as an equal one that takes bytes, uint8 `[n, h, w, 3]`: the cast, the division and
   * the order of the axes are done where the model runs, and a quarter of the memory is filled and moved. Engines stay as they are:
   * `info.byteInput` tells. A function is asked once the file is read. Default: as it is.
   */
  readonly byteInput?: ByteInput | ((model: ModelDescription) => ByteInput | undefined) | undefined;
}

/** Times `runTimeoutMs` that loading a model and its first run may take. */
const coldFactor = 6;

/** Reasons that are of the machine and of no fault. */
const absent: readonly LoadFailure[] = ['provider_missing', 'gpu_missing'];

/** One inference thread and the models that it holds. */
export interface InferenceRuntime extends AsyncDisposable {
  /**
   * Loads a model on the first provider that takes it. A path ending in `.engine` is tried on TensorRT, then the
   * `.fp16.onnx` beside it, where there is one, on the other GPU providers, then the `.onnx` beside it on all; what failed
   * on the way is in `info.fallback` and in a warning.
   *
   * @throws {InferenceError} `model_not_found`, `model_unusable`, `model_load_failed`, `out_of_memory`, `engine_crashed`,
   * `inference_timeout`, `engine_restarting` or `closed`;
   * the message tells every step that was tried.
   * @throws {RangeError} where an option is out of range.
   */
  loadModel(path: string, options?: LoadModelOptions): Promise<InferenceModel>;
  /**
   * Threads that load or run a model, and those that were given up because a run hung and have not ended yet. `process.exit()` waits
   * for them, and ONNX Runtime aborts the process where a run ends meanwhile: while there are such, a signal is the clean end.
   */
  readonly busyThreads: number;
  /** Waits for the runs under way, takes no more, and ends the thread. */
  close(): Promise<void>;
}

/** A runtime that says whether its thread is up, for those who have several. */
export interface SingleRuntime extends InferenceRuntime {
  readonly up: boolean;
  loadModel(path: string, options?: LoadModelOptions): Promise<LoadedModel>;
  /** Loads what another runtime has loaded: the same file on the same provider. */
  adopt(model: LoadedModel): Promise<LoadedModel>;
}

/** What tests replace of the machine: the thread's code, and what is known of providers and GPUs. */
export interface RuntimeSeams {
  readonly threadFile: URL;
  readonly checkProvider: ProviderCheck;
  readonly readGpus: () => Promise<readonly GpuInfo[]>;
}

/** This machine as it is. */
export const thisMachine: RuntimeSeams = { threadFile: inferenceThreadFile, checkProvider, readGpus };

class Runtime implements SingleRuntime {
  readonly #options: ReturnType<typeof parseInferenceRuntimeOptions>;
  readonly #given: InferenceRuntimeOptions;
  readonly #logger: Logger;
  readonly #threads: ThreadSupervisor;
  readonly #seams: RuntimeSeams;
  #nextModel = 0;
  #closed = false;

  constructor(options: InferenceRuntimeOptions, seams: RuntimeSeams, onUp: () => void) {
    this.#options = parseInferenceRuntimeOptions(options);
    this.#given = options;
    this.#logger = options.logger ?? silentLogger;
    this.#seams = seams;
    const { runTimeoutMs, lateTimeoutMs, restartWaitMs, abandonedTimeoutMs } = this.#options;
    this.#threads = new ThreadSupervisor({
      threadFile: seams.threadFile,
      limits: {
        runMs: runTimeoutMs,
        coldMs: coldFactor * runTimeoutMs,
        lateMs: lateTimeoutMs,
        abandonedMs: abandonedTimeoutMs,
      },
      restartWaitMs,
      logger: this.#logger,
      onRestart: (reason) => options.onRestart?.(reason),
      onStuck: (error) => options.onStuck?.(error),
      onUp,
    });
  }

  get busyThreads(): number {
    return this.#threads.busy;
  }

  get up(): boolean {
    return this.#threads.client !== undefined;
  }

  #assertOpen(): void {
    if (this.#closed) throw new InferenceError('closed', 'the inference runtime is closed');
  }

  async #open(request: SessionRequest): Promise<{ client: ThreadClient; session: LoadedSession }> {
    this.#assertOpen();
    const client = this.#threads.client ?? (await this.#threads.acquire());
    return { client, session: await loadSession(client, request) };
  }

  #model(info: ModelInfo, request: SessionRequest, client: ThreadClient): LoadedModel {
    const onLost = (error: InferenceError): void => this.#given.onDeviceLost?.(error);
    return new LoadedModel({ info, request, client, threads: this.#threads, onLost });
  }

  #number(): number {
    this.#nextModel += 1;
    return this.#nextModel - 1;
  }

  async loadModel(
    path: string,
    { profile = false, byteInput, ...options }: LoadModelOptions = {},
  ): Promise<LoadedModel> {
    const { intraOpThreads, cpuNiceness, engineCacheFolder, ...values } = parseInferenceRuntimeOptions({
      ...this.#options,
      ...options,
    });
    this.#assertOpen();
    const model = this.#number();
    let opened: { client: ThreadClient; request: SessionRequest } | undefined;
    const result = await loadChain(path, {
      ...values,
      ...this.#seams,
      cacheFolder: engineCacheFolder,
      logger: this.#logger,
      measure: async (stem, image) => {
        const client = this.#threads.client ?? (await this.#threads.acquire());
        return measureStem(client, this.#number(), stem, image);
      },
      loadSession: async ({ provider }, prepared) => {
        const request: SessionRequest = {
          model,
          source: prepared.source,
          sha256: prepared.sha256,
          provider,
          deviceId: values.deviceId,
          intraOpThreads,
          cpuNiceness,
          byteInput: typeof byteInput === 'function' ? byteInput(prepared) : byteInput,
          profile: profile && provider !== 'cpu',
        };
        const { client, session } = await this.#open(request);
        opened = { client, request };
        return session;
      },
    });
    if (opened === undefined) throw new InferenceError('closed', 'the inference runtime is closed');
    const info = infoOf(path, result);
    this.#tell(info);
    return this.#model(info, opened.request, opened.client);
  }

  /** A machine without a GPU that was asked for a plain `.onnx` is no cause for a warning. */
  #tell({ requestedPath, path, fallback }: ModelInfo): void {
    if (fallback === undefined) return;
    const { from, to, reason, steps } = fallback;
    const expected = steps.every((step) => step.format === 'onnx' && absent.includes(step.reason));
    const fields = { requestedPath, path, from, to, reason };
    if (expected) this.#logger.info(fields, 'the model runs without a GPU provider');
    else this.#logger.warn(fields, 'the model runs on a fallback');
  }

  async adopt({ info, request }: LoadedModel): Promise<LoadedModel> {
    const own = { ...request, model: this.#number(), profile: false };
    const { client } = await this.#open(own);
    return this.#model(info, own, client);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#threads.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function infoOf(requestedPath: string, result: ChainResult): ModelInfo {
  const { step, prepared, session } = result;
  const { sha256, precision, metadata, fileInputs, outputs, pixels, sidecar, operators } = prepared;
  const fallback = fallbackOf(result);
  return {
    requestedPath,
    path: step.path,
    provider: step.provider,
    precision,
    sha256,
    inputs: session.inputs,
    fileInputs,
    outputs,
    metadata,
    pixels,
    sidecar,
    operators,
    ...(session.byteInput === undefined ? {} : { byteInput: session.byteInput }),
    ...(fallback === undefined ? {} : { fallback }),
  };
}

/**
 * Starts one worker thread that owns every session it loads, so that no inference blocks the event loop.
 *
 * @throws {RangeError} where an option is out of range.
 * @example
 * await using runtime = await createInferenceRuntime({ intraOpThreads: 2 });
 * const model = await runtime.loadModel('yolov8n.onnx');
 */
export async function createInferenceRuntime(
  options: InferenceRuntimeOptions = {},
): Promise<InferenceRuntime> {
  return createInferenceRuntimeWith(options, inferenceThreadFile);
}

/** As {@link createInferenceRuntime}, with another thread file: the seam at which tests make the thread crash. */
export async function createInferenceRuntimeWith(
  options: InferenceRuntimeOptions,
  threadFile: URL,
  seams: Partial<RuntimeSeams> = {},
): Promise<InferenceRuntime> {
  return createSingleRuntime(options, { ...thisMachine, ...seams, threadFile }, () => undefined);
}

/** One of several runtimes: `onUp` is called where its thread is back. */
export function createSingleRuntime(
  options: InferenceRuntimeOptions,
  seams: RuntimeSeams,
  onUp: () => void,
): SingleRuntime {
  return new Runtime(options, seams, onUp);
}
