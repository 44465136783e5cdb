import { type Logger, silentLogger } from '@trinetra/contracts';
import { InferenceError } from './errors.ts';
import { LoadedModel, loadSession, type SessionRequest } from './loaded-model.ts';
import type { LoadedSession } from './messages.ts';
import { type OnnxFileInfo, readOnnxFile } from './onnx-file.ts';
import { type InferenceRuntimeOptions, parseInferenceRuntimeOptions } from './options.ts';
import { resolveModel } from './resolve-model.ts';
import { inferenceThreadFile, type ThreadClient } from './thread-client.ts';
import { ThreadSupervisor } from './thread-supervisor.ts';
import type { InferenceModel, ModelFallback, ModelInfo } from './types.ts';

/** What one model may have otherwise than its runtime. */
export type LoadModelOptions = Pick<InferenceRuntimeOptions, 'intraOpThreads'>;

/** Times `runTimeoutMs` that loading a model and its first run may take. */
const coldFactor = 6;

/** One inference thread and the models that it holds. */
export interface InferenceRuntime extends AsyncDisposable {
  /**
   * Loads a model; for a path ending in `.engine` the `.onnx` beside it, with `info.fallback` and a warning.
   *
   * @throws {InferenceError} `model_not_found`, `model_load_failed`, `out_of_memory`, `engine_crashed`,
   * `inference_timeout`, `engine_restarting` or `closed`;
   * the message tells every step that was tried.
   * @throws {RangeError} where an option is out of range.
   */
  loadModel(path: string, options?: LoadModelOptions): Promise<InferenceModel>;
  /** Threads that were given up because a run hung, and have not ended yet: `process.exit()` would wait for them. */
  readonly abandonedThreads: number;
  /** Waits for the runs under way, takes no more, and ends the thread. */
  close(): Promise<void>;
}

/** A runtime that says whether its thread is up, for those who have several. */
export interface SingleRuntime extends InferenceRuntime {
  readonly up: boolean;
}

class Runtime implements SingleRuntime {
  readonly #options: ReturnType<typeof parseInferenceRuntimeOptions>;
  readonly #logger: Logger;
  readonly #threads: ThreadSupervisor;
  #nextModel = 0;
  #closed = false;

  constructor(options: InferenceRuntimeOptions, threadFile: URL, onUp: () => void) {
    this.#options = parseInferenceRuntimeOptions(options);
    this.#logger = options.logger ?? silentLogger;
    const { runTimeoutMs, restartWaitMs, abandonedTimeoutMs } = this.#options;
    this.#threads = new ThreadSupervisor({
      threadFile,
      limits: { runMs: runTimeoutMs, coldMs: coldFactor * runTimeoutMs, abandonedMs: abandonedTimeoutMs },
      restartWaitMs,
      logger: this.#logger,
      onRestart: (reason) => options.onRestart?.(reason),
      onStuck: (error) => options.onStuck?.(error),
      onUp,
    });
  }

  get abandonedThreads(): number {
    return this.#threads.abandoned;
  }

  get up(): boolean {
    return this.#threads.client !== undefined;
  }

  #assertOpen(): void {
    if (this.#closed) throw new InferenceError('closed', 'the inference runtime is closed');
  }

  async #open(request: SessionRequest): Promise<{
    file: OnnxFileInfo;
    client: ThreadClient;
    session: LoadedSession;
  }> {
    const file = await readOnnxFile(request.path);
    this.#assertOpen();
    const client = this.#threads.client ?? (await this.#threads.acquire());
    return { file, client, session: await loadSession(client, request) };
  }

  async loadModel(path: string, options: LoadModelOptions = {}): Promise<InferenceModel> {
    const { intraOpThreads, executionProviders } = parseInferenceRuntimeOptions({
      ...this.#options,
      ...options,
    });
    this.#assertOpen();
    const resolved = await resolveModel(path);
    const request = { model: this.#nextModel, path: resolved.path, intraOpThreads, executionProviders };
    this.#nextModel += 1;
    const { file, client, session } = await this.#open(request).catch((error: unknown) => {
      if (resolved.fallback === undefined || !(error instanceof InferenceError)) throw error;
      const { code, message, retryable } = error;
      const steps = `${path}: ${resolved.fallback.reason}; ${message}`;
      throw new InferenceError(code, steps, { retryable, cause: error });
    });
    const fallback = fallbackOf(resolved.fallback, session);
    if (fallback !== undefined)
      this.#logger.warn(
        { requestedPath: path, path: resolved.path, ...fallback },
        'the model runs on a fallback',
      );
    const info: ModelInfo = {
      requestedPath: path,
      path: resolved.path,
      provider: session.provider,
      inputs: session.inputs,
      outputs: session.outputs,
      ...file,
      ...(fallback === undefined ? {} : { fallback }),
    };
    return new LoadedModel(info, request, client, this.#threads);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#threads.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** One fallback for all the steps that failed: a missing engine must not hide a provider that refused. */
function fallbackOf(
  engine: ModelFallback | undefined,
  { provider, refused }: LoadedSession,
): ModelFallback | undefined {
  const [first, ...others] = refused;
  if (first === undefined) return engine;
  if (engine === undefined && others.length === 0) {
    return { from: first.provider, to: provider, reason: first.reason };
  }
  const steps = refused.map((step) => `${step.provider}: ${step.reason}`);
  if (engine === undefined) return { from: first.provider, to: provider, reason: steps.join('; ') };
  return { ...engine, reason: [engine.reason, ...steps].join('; ') };
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
): Promise<InferenceRuntime> {
  return createSingleRuntime(options, threadFile, () => undefined);
}

/** One of several runtimes: `onUp` is called where its thread is back. */
export function createSingleRuntime(
  options: InferenceRuntimeOptions,
  threadFile: URL,
  onUp: () => void,
): SingleRuntime {
  return new Runtime(options, threadFile, onUp);
}
