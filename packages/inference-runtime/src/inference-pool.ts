import { availableParallelism } from 'node:os';
import {
  createSingleRuntime,
  type InferenceRuntime,
  type LoadModelOptions,
  type SingleRuntime,
} from './inference-runtime.ts';
import type { InferenceRuntimeOptions } from './options.ts';
import { inferenceThreadFile } from './thread-client.ts';
import type { InferenceModel, RunOptions, RunResult, TensorData } from './types.ts';

export interface InferencePoolOptions extends InferenceRuntimeOptions {
  /** Inference threads, 1..64, each with sessions of its own; default: as many as cores, 4 at most. */
  readonly threads?: number;
}

/** Runs that a thread has at once: one at work, one that waits there, so that it need not wait for the event loop. */
const runsPerThread = 2;

/** One thread of the pool and how many runs it has. */
interface Member {
  readonly runtime: SingleRuntime;
  runs: number;
}

class Pool implements InferenceRuntime {
  readonly #members: readonly Member[];
  /** Runs that wait for a thread, first come first served. */
  readonly #queue: ((member: Member) => void)[] = [];

  constructor(start: (onUp: () => void) => SingleRuntime, threads: number) {
    this.#members = Array.from({ length: threads }, () => ({ runtime: start(() => this.#pump()), runs: 0 }));
  }

  /** The thread with the fewest runs, of those that are up where any is. */
  #idlest(): Member | undefined {
    let best: Member | undefined;
    for (const member of this.#members) {
      if (best === undefined || (member.runtime.up && !best.runtime.up)) best = member;
      else if (member.runtime.up === best.runtime.up && member.runs < best.runs) best = member;
    }
    return best;
  }

  /** A thread, once one has room. */
  #take(): Promise<Member> {
    const member = this.#queue.length === 0 ? this.#idlest() : undefined;
    if (member !== undefined && member.runs < runsPerThread) {
      member.runs += 1;
      return Promise.resolve(member);
    }
    return new Promise((resolve) => this.#queue.push(resolve));
  }

  /** Gives waiting runs to the threads that have room. */
  #pump(): void {
    while (this.#queue.length > 0) {
      const member = this.#idlest();
      if (member === undefined || member.runs >= runsPerThread) return;
      member.runs += 1;
      this.#queue.shift()?.(member);
    }
  }

  #giveBack(member: Member): void {
    member.runs -= 1;
    this.#pump();
  }

  get abandonedThreads(): number {
    return this.#members.reduce((sum, { runtime }) => sum + runtime.abandonedThreads, 0);
  }

  async loadModel(path: string, options?: LoadModelOptions): Promise<InferenceModel> {
    // One after the other: the first refusal is told, not one for each thread.
    const models = new Map<Member, InferenceModel>();
    const close = async (): Promise<void> => {
      await Promise.all([...models.values()].map((model) => model.close()));
    };
    try {
      for (const member of this.#members) models.set(member, await member.runtime.loadModel(path, options));
    } catch (error) {
      await close();
      throw error;
    }
    const [first] = models.values();
    if (first === undefined) throw new RangeError('a pool has at least one thread');
    const run = async (
      feeds: Readonly<Record<string, TensorData>>,
      runOptions?: RunOptions,
    ): Promise<RunResult> => {
      const member = await this.#take();
      try {
        runOptions?.signal?.throwIfAborted();
        return await (models.get(member) ?? first).run(feeds, runOptions);
      } finally {
        this.#giveBack(member);
      }
    };
    return { info: first.info, run, close, [Symbol.asyncDispose]: close };
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
 * in the same time than one thread that splits each run among the cores. Each thread holds every model.
 *
 * Runs begin in the order of the calls; they may end in another. Every option but `threads` is for each thread.
 *
 * @throws {RangeError} where an option is out of range.
 * @example
 * await using pool = await createInferencePool({ threads: 4, intraOpThreads: 1 });
 * const model = await pool.loadModel('yolov8n.onnx');
 */
export async function createInferencePool(options: InferencePoolOptions = {}): Promise<InferenceRuntime> {
  return createInferencePoolWith(options, inferenceThreadFile);
}

/** As {@link createInferencePool}, with another thread file: the seam at which tests make a thread crash. */
export async function createInferencePoolWith(
  options: InferencePoolOptions,
  threadFile: URL,
): Promise<InferenceRuntime> {
  const { threads = defaultInferenceThreads(), ...rest } = options;
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= 64)) {
    throw new RangeError(`threads: expected a whole number in 1..64 but received ${threads}`);
  }
  const cores = Math.max(1, Math.floor(availableParallelism() / threads));
  const each = { intraOpThreads: cores, ...rest };
  return new Pool((onUp) => createSingleRuntime(each, threadFile, onUp), threads);
}

/** Inference threads of a pool where none are named: as many as cores, 4 at most. */
export function defaultInferenceThreads(): number {
  return Math.min(4, availableParallelism());
}
