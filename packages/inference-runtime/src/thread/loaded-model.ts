import { rejectOnAbort } from '@trinetra/contracts';
import { InferenceError } from '../errors.ts';
import { OutputMemory } from '../memory/output-memory.ts';
import type {
  InferenceModel,
  ModelInfo,
  NodePlacement,
  RunOptions,
  RunResult,
  TensorData,
} from '../types.ts';
import { checkFeeds, checkFetches } from './check-feeds.ts';
import { failureOf } from './engine-failure.ts';
import { type LoadedSession, type SessionRequest, shapesOf } from './messages.ts';
import { assertSameFile } from './same-file.ts';
import type { ThreadClient } from './thread-client.ts';
import type { ThreadSupervisor } from './thread-supervisor.ts';

/** @throws {InferenceError} `model_load_failed` or `out_of_memory`, with what the provider said. */
export async function loadSession(client: ThreadClient, request: SessionRequest): Promise<LoadedSession> {
  const response = await client.call({ kind: 'load', ...request });
  if (response.kind === 'loaded') return response.session;
  throw failureOf(response, 'model_load_failed');
}

export interface LoadedModelParts {
  readonly info: ModelInfo;
  readonly request: SessionRequest;
  readonly client: ThreadClient;
  readonly threads: ThreadSupervisor;
  /** A run says that the GPU is lost. */
  readonly onLost: (error: InferenceError) => void;
}

/** Runs of the same feeds and fetches have outputs of the same shapes, in all but a few models. */
function kindOf(feeds: Readonly<Record<string, TensorData>>, fetches: readonly string[] = []): string {
  return `${shapesOf(feeds)}: ${fetches.join(', ')}`;
}

/** A model whose session follows the thread: where another thread came after a crash, it is loaded again. */
export class LoadedModel implements InferenceModel {
  readonly info: ModelInfo;
  /** What the session is made of. */
  readonly request: SessionRequest;
  /** Has the thread of now, which a crash replaces. */
  readonly #threads: ThreadSupervisor;
  /** The thread that has the session. */
  #client: ThreadClient;
  readonly #memory = new OutputMemory();
  #reloading: Promise<ThreadClient> | undefined;
  #closing: Promise<void> | undefined;

  readonly #onLost: (error: InferenceError) => void;

  constructor({ info, request, client, threads, onLost }: LoadedModelParts) {
    this.info = info;
    this.request = request;
    this.#client = client;
    this.#threads = threads;
    this.#onLost = onLost;
  }

  /** Loads what ran before and nothing else: neither another provider nor other weights, or `info` would be wrong. */
  async #load(client: ThreadClient): Promise<ThreadClient> {
    const { path, sha256 } = this.info;
    await assertSameFile(path, sha256);
    await loadSession(client, { ...this.request, profile: false });
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
    const { signal, fetches, floatOutputs, reuseOutputs = false } = options;
    if (this.#closing !== undefined) {
      throw new InferenceError('closed', `the model ${this.info.requestedPath} is closed`);
    }
    signal?.throwIfAborted();
    checkFeeds(feeds, this.info.inputs);
    if (fetches !== undefined) checkFetches(fetches, this.info.outputs);
    if (this.#threads.client !== this.#client) {
      const reloaded = this.#reload();
      await (signal === undefined ? reloaded : rejectOnAbort(reloaded, signal));
    }
    signal?.throwIfAborted();
    const kind = reuseOutputs ? kindOf(feeds, fetches) : '';
    const room = reuseOutputs ? this.#memory.take(kind) : undefined;
    const answer = this.#client.call({
      kind: 'run',
      model: this.request.model,
      feeds: { ...feeds },
      fetches,
      floatOutputs,
      outputs: room,
    });
    const response = await (signal === undefined ? answer : rejectOnAbort(answer, signal));
    if (response.kind === 'ran') {
      const given = { ...feeds, ...response.feeds };
      const { outputs = room ?? {} } = response;
      if (outputs === room) return { outputs, feeds: given, release: this.#giveBack(kind, room) };
      if (reuseOutputs && this.#comeAsTheyAre(outputs)) this.#memory.learn(kind, outputs, room !== undefined);
      return { outputs, feeds: given };
    }
    const error = failureOf(response, 'run_failed');
    if (error.code === 'device_lost') this.#onLost(error);
    throw error;
  }

  /** Whether the model itself gives them so, and no conversion after it. */
  #comeAsTheyAre(outputs: RunResult['outputs']): boolean {
    return this.info.outputs.every(({ name, type }) => (outputs[name]?.type ?? type) === type);
  }

  /** Where a run failed or was aborted nobody gets this: its thread may still write there. */
  #giveBack(kind: string, outputs: RunResult['outputs']): () => void {
    let given = false;
    return () => {
      if (!given) this.#memory.give(kind, outputs);
      given = true;
    };
  }

  async placement(): Promise<NodePlacement | null> {
    if (!this.request.profile || !this.#client.alive) return null;
    const response = await this.#client.call({ kind: 'placement', model: this.request.model });
    if (response.kind === 'placed') return response.nodes;
    throw failureOf(response, 'run_failed');
  }

  async #unload(): Promise<void> {
    // The session of a thread that is coming up is freed too; whether it came up is told to the run that wanted it.
    await this.#reloading?.catch(() => undefined);
    if (!this.#client.alive) return;
    try {
      await this.#client.call({ kind: 'unload', model: this.request.model });
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
