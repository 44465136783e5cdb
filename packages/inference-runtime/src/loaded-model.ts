import { abortable } from './abortable.ts';
import { checkFeeds, checkFetches } from './check-feeds.ts';
import { InferenceError, inferenceErrorOf } from './errors.ts';
import type { LoadedSession } from './messages.ts';
import { readOnnxFile } from './onnx-file.ts';
import type { ThreadClient } from './thread-client.ts';
import type { ThreadSupervisor } from './thread-supervisor.ts';
import type { InferenceModel, ModelInfo, RunOptions, RunResult, TensorData } from './types.ts';

/** What the thread needs to make a session. */
export interface SessionRequest {
  /** The session's number, the same in every thread. */
  readonly model: number;
  readonly path: string;
  readonly intraOpThreads: number;
  readonly executionProviders: readonly string[];
}

/** @throws {InferenceError} `model_load_failed` or `out_of_memory`, with what every provider said. */
export async function loadSession(client: ThreadClient, request: SessionRequest): Promise<LoadedSession> {
  const response = await client.call({ kind: 'load', ...request });
  if (response.kind === 'loaded') return response.session;
  const detail = response.kind === 'failed' ? response.message : response.kind;
  throw inferenceErrorOf(`the model ${request.path} cannot be loaded: ${detail}`, 'model_load_failed');
}

/** A model whose session follows the thread: where another thread came after a crash, it is loaded again. */
export class LoadedModel implements InferenceModel {
  readonly info: ModelInfo;
  readonly #session: SessionRequest;
  /** Has the thread of now, which a crash replaces. */
  readonly #threads: ThreadSupervisor;
  /** The thread that has the session. */
  #client: ThreadClient;
  #reloading: Promise<ThreadClient> | undefined;
  #closing: Promise<void> | undefined;

  constructor(info: ModelInfo, session: SessionRequest, client: ThreadClient, threads: ThreadSupervisor) {
    this.info = info;
    this.#session = session;
    this.#client = client;
    this.#threads = threads;
  }

  /** Loads what ran before and nothing else: neither another provider nor other weights, or `info` would be wrong. */
  async #load(client: ThreadClient): Promise<ThreadClient> {
    const { path, provider, sha256 } = this.info;
    const file = await readOnnxFile(path);
    if (file.sha256 !== sha256) {
      throw new InferenceError(
        'model_load_failed',
        `the model ${path} cannot be loaded again: expected a file with SHA-256 ${sha256} but received ${file.sha256}: load it as another model`,
      );
    }
    await loadSession(client, { ...this.#session, executionProviders: [provider] });
    this.#client = client;
    return client;
  }

  /** Waits for a thread and loads the model there, once for all the runs that want it. */
  #reload(): Promise<ThreadClient> {
    this.#reloading ??= this.#threads
      .acquire()
      .then((client) => (client === this.#client ? client : this.#load(client)))
      .finally(() => {
        this.#reloading = undefined;
      });
    return this.#reloading;
  }

  async run(feeds: Readonly<Record<string, TensorData>>, options: RunOptions = {}): Promise<RunResult> {
    const { signal, fetches } = options;
    if (this.#closing !== undefined) {
      throw new InferenceError('closed', `the model ${this.info.requestedPath} is closed`);
    }
    signal?.throwIfAborted();
    checkFeeds(feeds, this.info.inputs);
    if (fetches !== undefined) checkFetches(fetches, this.info.outputs);
    if (this.#threads.client !== this.#client) {
      const reloaded = this.#reload();
      await (signal === undefined ? reloaded : abortable(reloaded, signal));
    }
    signal?.throwIfAborted();
    const answer = this.#client.call({
      kind: 'run',
      model: this.#session.model,
      feeds: { ...feeds },
      ...(fetches === undefined ? {} : { fetches }),
    });
    const response = await (signal === undefined ? answer : abortable(answer, signal));
    if (response.kind === 'ran') return { outputs: response.outputs, feeds: response.feeds };
    throw inferenceErrorOf(response.kind === 'failed' ? response.message : response.kind, 'run_failed');
  }

  async #unload(): Promise<void> {
    // The session of a thread that is coming up is freed too; whether it came up is told to the run that wanted it.
    await this.#reloading?.catch(() => undefined);
    if (!this.#client.alive) return;
    try {
      await this.#client.call({ kind: 'unload', model: this.#session.model });
    } catch (error) {
      // A thread that has ended took the session with it.
      if (this.#client.alive) throw error;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#unload();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
