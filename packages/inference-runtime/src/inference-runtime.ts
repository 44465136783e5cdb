import { type RuntimeSeams, ThreadModels, thisMachine } from './load/thread-models.ts';
import { findOnnxRuntime } from './onnx-runtime.ts';
import {
  type InferenceRuntimeOptions,
  type InferenceRuntimeValues,
  type LoadModelOptions,
  parseInferenceRuntimeOptions,
  threadCount,
} from './options.ts';
import type { LoadedModel } from './thread/loaded-model.ts';
import { RunQueue } from './thread/run-queue.ts';
import { inferenceThreadFile } from './thread/thread-client.ts';
import type { InferenceModel, RunOptions, RunResult, TensorData } from './types.ts';

/** Inference threads and the models that they hold. */
export interface InferenceRuntime extends AsyncDisposable {
  /**
   * Loads a model on the first provider that takes it. A path ending in `.engine` is tried on TensorRT, then the
   * `.fp16.onnx` beside it, where there is one, on the other GPU providers, then the `.onnx` beside it on all; what failed
   * on the way is in `info.fallback` and in a warning.
   *
   * @throws {InferenceError} `model_not_found`, `model_unusable`, `model_load_failed`, `out_of_memory`, `engine_crashed`,
   * `inference_timeout`, `engine_restarting` or `closed`; the message tells every step that was tried. `invalid_options`.
   */
  loadModel(path: string, options?: LoadModelOptions): Promise<InferenceModel>;
  /**
   * Does `work`, whose runs go to every thread that has the model, and not to one of them: to warm all up. They answer with what the
   * first thread gave.
   */
  onEveryThread<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Threads that load or run a model, and those that were given up because a run hung and have not ended yet. `process.exit()` waits
   * for them, and ONNX Runtime aborts the process where a run ends meanwhile: while there are such, a signal is the clean end.
   */
  readonly busyThreads: number;
  /** Waits for the runs that the threads have, takes no more, and ends the threads. */
  close(): Promise<void>;
}

type Feeds = Readonly<Record<string, TensorData>>;

/** A copy for another thread; shared memory is its own copy. */
function copyOf(feeds: Feeds): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, feed]) => [
      name,
      feed.data.buffer instanceof SharedArrayBuffer ? feed : { ...feed, data: feed.data.slice() },
    ]),
  );
}

/** A model and the threads that have it. */
interface Held {
  readonly first: LoadedModel;
  readonly byThread: ReadonlyMap<ThreadModels, LoadedModel>;
}

/** Runs a model on each thread that has it; answers with what the first gave. */
async function runOnAll({ first, byThread }: Held, feeds: Feeds, options?: RunOptions): Promise<RunResult> {
  const others = [...byThread.values()].filter((model) => model !== first);
  const copies = others.map((model) => [model, copyOf(feeds)] as const); // the first run takes the buffers along
  const [result] = await Promise.all([
    first.run(feeds, options),
    ...copies.map(async ([model, copy]) => (await model.run(copy, options)).release?.()),
  ]);
  return result;
}

class Runtime implements InferenceRuntime {
  readonly #first: ThreadModels;
  readonly #threads: readonly ThreadModels[];
  readonly #queue = new RunQueue<ThreadModels>();
  /** Whether models on a GPU are held by the first thread alone. */
  readonly #oneForGpu: boolean;
  /** Callers of {@link onEveryThread} at work. */
  #warming = 0;

  constructor(values: InferenceRuntimeValues, seams: RuntimeSeams) {
    const start = (): ThreadModels => new ThreadModels(values, seams, () => this.#queue.pump());
    this.#first = start();
    const others = Array.from({ length: threadCount(values.threads) - 1 }, start);
    this.#threads = [this.#first, ...others];
    this.#oneForGpu = values.threads === 'auto';
  }

  get busyThreads(): number {
    return this.#threads.reduce((sum, thread) => sum + thread.busyThreads, 0);
  }

  async loadModel(path: string, options: LoadModelOptions = {}): Promise<InferenceModel> {
    const { priority = 0, ...loadOptions } = options;
    const first = await this.#first.loadModel(path, loadOptions);
    const byThread = new Map([[this.#first, first]]);
    const close = async (): Promise<void> => {
      await Promise.all([...byThread.values()].map((model) => model.close()));
    };
    try {
      for (const thread of this.#oneForGpu && first.info.provider !== 'cpu' ? [] : this.#threads) {
        if (thread !== this.#first) byThread.set(thread, await thread.adopt(first));
      }
    } catch (error) {
      await close();
      throw error;
    }
    const run = (feeds: Feeds, runOptions?: RunOptions): Promise<RunResult> =>
      this.#run({ first, byThread }, priority, feeds, runOptions);
    const placement = () => first.placement();
    return { info: first.info, run, placement, close, [Symbol.asyncDispose]: close };
  }

  async #run(model: Held, priority: number, feeds: Feeds, options?: RunOptions): Promise<RunResult> {
    if (this.#warming > 0) return runOnAll(model, feeds, options);
    const taken = this.#queue.take([...model.byThread.keys()], priority, options?.signal);
    const thread = taken instanceof Promise ? await taken : taken; // feeds are moved at once where a thread has room
    try {
      return await (model.byThread.get(thread) ?? model.first).run(feeds, options);
    } finally {
      this.#queue.giveBack(thread);
    }
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
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Starts worker threads that own every session they load, so that no inference blocks the event loop. Several threads share the runs
 * of every model: on CPUs, one thread of one core each does more in the same time than one thread that splits each run among the cores.
 *
 * Runs begin by priority and then in the order of the calls; with several threads they may end in another.
 *
 * @throws {InferenceError} `invalid_options`, `runtime_missing`.
 * @example
 * const runtime = await createInferenceRuntime({ threads: 4, intraOpThreads: 1 });
 * const model = await runtime.loadModel('yolov8n.onnx');
 * await runtime.close();
 */
export async function createInferenceRuntime(
  options: InferenceRuntimeOptions = {},
): Promise<InferenceRuntime> {
  return createInferenceRuntimeWith(options, inferenceThreadFile());
}

/** As {@link createInferenceRuntime}, with another thread file: the seam at which tests make a thread crash. */
export async function createInferenceRuntimeWith(
  options: InferenceRuntimeOptions,
  threadFile: URL,
  seams: Partial<RuntimeSeams> = {},
): Promise<InferenceRuntime> {
  const values = parseInferenceRuntimeOptions(options);
  findOnnxRuntime(); // throws before a thread does
  return new Runtime(values, { ...thisMachine, ...seams, threadFile });
}
