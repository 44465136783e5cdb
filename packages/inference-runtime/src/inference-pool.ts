import { availableParallelism } from 'node:os';
import {
  createSingleRuntime,
  type InferenceRuntime,
  type LoadModelOptions,
  type RuntimeSeams,
  type SingleRuntime,
  thisMachine,
} from './inference-runtime.ts';
import type { LoadedModel } from './thread/loaded-model.ts';
import type { InferenceRuntimeOptions } from './options.ts';
import { inferenceThreadFile } from './thread/thread-client.ts';
import type { InferenceModel, RunOptions, RunResult, TensorData } from './types.ts';

export interface InferencePoolOptions extends InferenceRuntimeOptions {
  /** Inference threads, 1..64, each with sessions of its own; default: as many as cores, 4 at most, and one for a GPU. */
  readonly threads?: number;
}

/** What one model of a pool may have. */
export interface PoolModelOptions extends LoadModelOptions {
  /**
   * Of the runs that wait for a thread, those of the model with the highest number begin first; default 0. Give the models of
   * later stages more, so that what is begun is finished before more of it is begun.
   */
  readonly priority?: number;
}

/** Several inference threads. */
export interface InferencePool extends InferenceRuntime {
  loadModel(path: string, options?: PoolModelOptions): Promise<InferenceModel>;
  /**
   * Does `work`, whose runs go to every thread that has the model, and not to one of them: to warm all up. They answer with what the
   * first thread gave.
   */
  onEveryThread<T>(work: () => Promise<T>): Promise<T>;
}

/** Runs that a thread has at once: one at work, one that waits there, so that it need not wait for the event loop. */
const runsPerThread = 2;

/** One thread of the pool and how many runs it has. */
interface Member {
  readonly runtime: SingleRuntime;
  runs: number;
}

/** A run that waits for one of some threads. */
interface Waiting {
  readonly members: readonly Member[];
  readonly priority: number;
  take(member: Member): void;
}

/** A copy for another thread; shared memory is its own copy. */
function copyOf(feeds: Readonly<Record<string, TensorData>>): Record<string, TensorData> {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, feed]) => [
      name,
      feed.data.buffer instanceof SharedArrayBuffer ? feed : { ...feed, data: feed.data.slice() },
    ]),
  );
}

/** Runs a model on each thread that has it; answers with what the first gave. */
async function runOnAll(
  [first, ...others]: readonly LoadedModel[],
  feeds: Readonly<Record<string, TensorData>>,
  options: RunOptions | undefined,
): Promise<RunResult> {
  if (first === undefined) throw new RangeError('a model is held by one thread at least');
  const copies = others.map((model) => [model, copyOf(feeds)] as const); // the first run takes the buffers along
  const [result] = await Promise.all([
    first.run(feeds, options),
    ...copies.map(async ([model, copy]) => (await model.run(copy, options)).release?.()),
  ]);
  return result;
}

class Pool implements InferencePool {
  readonly #members: readonly Member[];
  /** Runs that wait for a thread, by priority and then first come first served. */
  readonly #queue: Waiting[] = [];
  /** Whether models on a GPU are held by the first thread alone: each further one would take as much GPU memory again. */
  readonly #oneForGpu: boolean;
  /** Callers of {@link onEveryThread} at work. */
  #warming = 0;

  constructor(start: (onUp: () => void) => SingleRuntime, threads: number, oneForGpu: boolean) {
    this.#members = Array.from({ length: threads }, () => ({ runtime: start(() => this.#pump()), runs: 0 }));
    this.#oneForGpu = oneForGpu;
  }

  /** Takes a thread with room: the one with the fewest runs, of those that are up where any is. */
  #tryTake(members: readonly Member[]): Member | undefined {
    let best: Member | undefined;
    for (const member of members) {
      if (best === undefined || (member.runtime.up && !best.runtime.up)) best = member;
      else if (member.runtime.up === best.runtime.up && member.runs < best.runs) best = member;
    }
    if (best === undefined || best.runs >= runsPerThread) return undefined;
    best.runs += 1;
    return best;
  }

  /** A thread, once one has room. */
  #take(members: readonly Member[], priority: number): Promise<Member> {
    const member = this.#queue.length === 0 ? this.#tryTake(members) : undefined;
    if (member !== undefined) return Promise.resolve(member);
    const { promise, resolve } = Promise.withResolvers<Member>();
    const behind = this.#queue.findLastIndex((waiting) => waiting.priority >= priority);
    this.#queue.splice(behind + 1, 0, { members, priority, take: resolve });
    this.#pump();
    return promise;
  }

  /** Gives waiting runs to the threads that have room; one that waits for a busy thread lets others pass. */
  #pump(): void {
    for (let at = 0; at < this.#queue.length; ) {
      const waiting = this.#queue[at];
      const member = waiting === undefined ? undefined : this.#tryTake(waiting.members);
      if (member === undefined) at += 1;
      else this.#queue.splice(at, 1)[0]?.take(member);
      if (this.#members.every(({ runs }) => runs >= runsPerThread)) return;
    }
  }

  #giveBack(member: Member): void {
    member.runs -= 1;
    this.#pump();
  }

  get busyThreads(): number {
    return this.#members.reduce((sum, { runtime }) => sum + runtime.busyThreads, 0);
  }

  async loadModel(path: string, options: PoolModelOptions = {}): Promise<InferenceModel> {
    const { priority = 0, ...loadOptions } = options;
    const [leader, ...others] = this.#members;
    if (leader === undefined) throw new RangeError('a pool has at least one thread');
    const first = await leader.runtime.loadModel(path, loadOptions);
    const models = new Map<Member, LoadedModel>([[leader, first]]);
    const close = async (): Promise<void> => {
      await Promise.all([...models.values()].map((model) => model.close()));
    };
    const alone = this.#oneForGpu && first.info.provider !== 'cpu';
    try {
      for (const member of alone ? [] : others) models.set(member, await member.runtime.adopt(first));
    } catch (error) {
      await close();
      throw error;
    }
    const members = [...models.keys()];
    const run = async (
      feeds: Readonly<Record<string, TensorData>>,
      runOptions?: RunOptions,
    ): Promise<RunResult> => {
      if (this.#warming > 0) return runOnAll([...models.values()], feeds, runOptions);
      const member = await this.#take(members, priority);
      try {
        runOptions?.signal?.throwIfAborted();
        return await (models.get(member) ?? first).run(feeds, runOptions);
      } finally {
        this.#giveBack(member);
      }
    };
    const placement = () => first.placement();
    return { info: first.info, run, placement, close, [Symbol.asyncDispose]: close };
  }

  async onEveryThread<T>(work: () => Promise<T>): Promise<T> {
    this.#warming += 1;
    try {
      return await work();
    } finally {
      this.#warming -= 1;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map(({ runtime }) => runtime.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Starts several inference threads that share the runs of every model: on CPUs, one thread of one core each does more
 * in the same time than one thread that splits each run among the cores. Each thread holds every model, but where
 * `threads` is not given, a model on a GPU is held by one thread only.
 *
 * Runs begin by priority and then in the order of the calls; they may end in another. Every option but `threads` is for each thread.
 *
 * @throws {RangeError} where an option is out of range.
 * @example
 * await using pool = await createInferencePool({ threads: 4, intraOpThreads: 1 });
 * const model = await pool.loadModel('yolov8n.onnx');
 */
export async function createInferencePool(options: InferencePoolOptions = {}): Promise<InferencePool> {
  return createInferencePoolWith(options, inferenceThreadFile);
}

/** As {@link createInferencePool}, with another thread file: the seam at which tests make a thread crash. */
export async function createInferencePoolWith(
  options: InferencePoolOptions,
  threadFile: URL,
  seams: Partial<RuntimeSeams> = {},
): Promise<InferencePool> {
  const { threads = defaultInferenceThreads(), ...rest } = options;
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= 64)) {
    throw new RangeError(`threads: expected a whole number in 1..64 but received ${threads}`);
  }
  const cores = Math.max(1, Math.floor(availableParallelism() / threads));
  const each = { intraOpThreads: cores, ...rest };
  const machine = { ...thisMachine, ...seams, threadFile };
  return new Pool((onUp) => createSingleRuntime(each, machine, onUp), threads, options.threads === undefined);
}

/** Inference threads of a pool where none are named: as many as cores, 4 at most. */
export function defaultInferenceThreads(): number {
  return Math.min(4, availableParallelism());
}
