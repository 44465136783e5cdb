import { type Logger, silentLogger } from '@trinetra/contracts';
import { checkFeeds } from './check-feeds.ts';
import { InferenceError, inferenceErrorOf } from './errors.ts';
import type { LoadedSession } from './messages.ts';
import { readOnnxFile } from './onnx-file.ts';
import { type InferenceRuntimeOptions, parseInferenceRuntimeOptions } from './options.ts';
import { resolveModel } from './resolve-model.ts';
import { inferenceThreadFile, ThreadClient } from './thread-client.ts';
import type { InferenceModel, ModelInfo, RunOptions, RunResult, TensorData } from './types.ts';

/** One inference thread and the models that it holds. */
export interface InferenceRuntime extends AsyncDisposable {
  /**
   * Loads a model; for a path ending in `.engine` the `.onnx` beside it, with `info.fallback` and a warning.
   *
   * @throws {InferenceError} `model_not_found`, `model_load_failed`, `out_of_memory`, `thread_crashed` or `closed`.
   */
  loadModel(path: string, options?: { readonly intraOpThreads?: number }): Promise<InferenceModel>;
  /** Waits for the runs under way, takes no more, and ends the thread. */
  close(): Promise<void>;
}

class Runtime implements InferenceRuntime {
  readonly #options: ReturnType<typeof parseInferenceRuntimeOptions>;
  readonly #logger: Logger;
  readonly #threadFile: URL;
  #client: ThreadClient;
  #nextModel = 0;
  #closed = false;

  constructor(options: InferenceRuntimeOptions, threadFile: URL) {
    this.#options = parseInferenceRuntimeOptions(options);
    this.#logger = options.logger ?? silentLogger;
    this.#threadFile = threadFile;
    this.#client = new ThreadClient(threadFile);
  }

  /** The thread as it is now; a new one where the last has crashed. */
  #thread(): ThreadClient {
    if (this.#closed) throw new InferenceError('closed', 'the inference runtime is closed');
    if (!this.#client.alive) {
      this.#logger.warn({}, 'the inference thread has ended: starting another');
      this.#client = new ThreadClient(this.#threadFile);
    }
    return this.#client;
  }

  async #loadSession(
    client: ThreadClient,
    model: number,
    path: string,
    intraOpThreads: number,
  ): Promise<LoadedSession> {
    const { executionProviders } = this.#options;
    const response = await client.call({ kind: 'load', model, path, intraOpThreads, executionProviders });
    if (response.kind === 'loaded') return response.session;
    const detail = response.kind === 'failed' ? response.message : response.kind;
    throw inferenceErrorOf(`the model ${path} cannot be loaded: ${detail}`, 'model_load_failed');
  }

  async loadModel(path: string, options: { readonly intraOpThreads?: number } = {}): Promise<InferenceModel> {
    const resolved = await resolveModel(path);
    const threads = options.intraOpThreads ?? this.#options.intraOpThreads;
    const file = await readOnnxFile(resolved.path).catch((error: unknown) => {
      const detail = error instanceof Error ? error.message : String(error);
      throw new InferenceError('model_load_failed', `the model ${resolved.path} is no ONNX file: ${detail}`, {
        cause: error,
      });
    });
    const model = this.#nextModel;
    this.#nextModel += 1;
    let client = this.#thread();
    const session = await this.#loadSession(client, model, resolved.path, threads);
    const refused = session.refused.map(({ provider, reason }) => ({
      from: provider,
      to: session.provider,
      reason,
    }))[0];
    const fallback = resolved.fallback ?? refused;
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
    let closed = false;

    /** Loads the model again, into the thread that came after a crash. */
    let reloading: Promise<ThreadClient> | undefined;
    const reload = (current: ThreadClient): Promise<ThreadClient> => {
      reloading ??= this.#loadSession(current, model, resolved.path, threads)
        .then(() => {
          client = current;
          return current;
        })
        .finally(() => {
          reloading = undefined;
        });
      return reloading;
    };

    const run = async (
      feeds: Readonly<Record<string, TensorData>>,
      runOptions: RunOptions = {},
    ): Promise<RunResult> => {
      const { signal, fetches } = runOptions;
      if (closed) throw new InferenceError('closed', `the model ${path} is closed`);
      signal?.throwIfAborted();
      checkFeeds(feeds, info.inputs);
      const current = this.#thread();
      const thread = current === client ? current : await reload(current);
      signal?.throwIfAborted();
      const answer = thread.call({
        kind: 'run',
        model,
        feeds: { ...feeds },
        ...(fetches === undefined ? {} : { fetches }),
      });
      const response = await (signal === undefined ? answer : abortable(answer, signal));
      if (response.kind === 'ran') return { outputs: response.outputs, feeds: response.feeds };
      throw inferenceErrorOf(response.kind === 'failed' ? response.message : response.kind, 'run_failed');
    };

    const close = async (): Promise<void> => {
      if (closed || this.#closed) return;
      closed = true;
      if (client.alive) await client.call({ kind: 'unload', model });
    };
    return { info, run, close, [Symbol.asyncDispose]: close };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Rejects early when the signal aborts; the run itself ends unheard. */
async function abortable<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  answer.catch(() => undefined);
  try {
    return await Promise.race([answer, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
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
  return new Runtime(options, threadFile);
}
