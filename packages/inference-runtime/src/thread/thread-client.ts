import { Worker } from 'node:worker_threads';
import { threadFile } from '@trinetra/contracts';
import { InferenceError } from '../errors.ts';
import type { ThreadEnd } from '../types.ts';
import { CallLimits, type ThreadLimits } from './call-limits.ts';
import {
  endMessage,
  type ThreadCall,
  type ThreadData,
  type ThreadResponse,
  transferList,
} from './messages.ts';

interface Waiting {
  readonly limitMs: number;
  resolve(response: ThreadResponse): void;
  reject(error: Error): void;
}

export interface ThreadEvents {
  ended(reason: ThreadEnd, error: InferenceError): void;
  /** A run passed. */
  ran(): void;
  /** A call takes longer than it may: it has failed, and the thread takes no other until it is out of it. */
  late(error: InferenceError): void;
  /** The call that was late has ended: the thread can be used again. */
  back(): void;
  /** A thread hangs and is given up. */
  abandoned(): void;
  /** A thread that was given up has not ended: a native call cannot be interrupted. */
  stuck(error: InferenceError): void;
  /** A thread that was given up has ended after all. */
  gone(): void;
}

/**
 * The thread's code: built, or as source in tests.
 *
 * @throws {InferenceError} `thread_missing`.
 */
export function inferenceThreadFile(): URL {
  const file = threadFile(import.meta.url, 'inference-thread');
  if (file !== null) return file;
  throw new InferenceError(
    'thread_missing',
    'there is no inference-thread.js beside this bundle: make an entry of @trinetra/inference-runtime/thread, in a bundle of ES modules',
  );
}

/** No request has so high a number. */
const noneWanted = 2n ** 62n;

/** A timer that comes so late tells that this process stood still, and the thread with it. */
const standstillMs = 500;

/** Talks to one inference thread; answers come in the order of the calls. */
export class ThreadClient {
  readonly #worker: Worker;
  /** Requests with lower numbers have failed: the thread does not begin them. */
  readonly #firstWanted = new BigInt64Array(new SharedArrayBuffer(8));
  readonly #limits: ThreadLimits;
  readonly #callLimits: CallLimits;
  readonly #events: ThreadEvents;
  /** In the order of the calls: the first is at work, the others have not begun. */
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;
  #timer: NodeJS.Timeout | undefined;
  /** The number of a call that has failed for its time, and that the thread is still at. */
  #late: number | undefined;
  #ended: InferenceError | undefined;
  #abandoned = false;
  readonly #drained = Promise.withResolvers<void>();
  readonly #gone = Promise.withResolvers<void>();

  constructor(file: URL, limits: ThreadLimits, events: ThreadEvents) {
    this.#limits = limits;
    this.#callLimits = new CallLimits(limits);
    this.#events = events;
    // ONNX Runtime 1.30 keeps an id and files on disk and sends usage data to its vendor, unless it finds this in the
    // environment of the process when it is loaded; what a thread sets in its own copy does not get there.
    process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
    this.#worker = new Worker(file, { workerData: { firstWanted: this.#firstWanted } satisfies ThreadData });
    this.#worker.on('message', (response: ThreadResponse) => this.#answer(response));
    this.#worker.on('error', (error) =>
      this.#end('engine_crashed', `the inference thread failed: ${String(error)}`, error),
    );
    this.#worker.on('exit', (code) => {
      this.#end('engine_crashed', `the inference thread ended with code ${code}`);
      this.#gone.resolve();
    });
    this.#worker.unref();
  }

  /** False once the thread has ended: another client is needed. */
  get alive(): boolean {
    return this.#ended === undefined;
  }

  /** Whether it is at work, or will be. */
  get busy(): boolean {
    return this.#late !== undefined || this.#waiting.size > 0;
  }

  #answer(response: ThreadResponse): void {
    if (this.#abandoned) return;
    const waiting = this.#waiting.get(response.id);
    if (response.id === this.#late) {
      this.#late = undefined;
      if (this.alive) this.#events.back();
    } else if (waiting === undefined) return;
    this.#waiting.delete(response.id);
    waiting?.resolve(response);
    if (waiting !== undefined && response.kind === 'ran') this.#events.ran();
    this.#watch();
    if (this.busy) return;
    this.#worker.unref();
    if (!this.alive) this.#drained.resolve();
  }

  /** Gives the call at work its time, from now on. */
  #watch(): void {
    clearTimeout(this.#timer);
    const [atWork] = this.#waiting.values();
    if (atWork === undefined) return;
    this.#after(atWork.limitMs, () => this.#isLate(atWork.limitMs));
  }

  /** Does `action` after so long, in which this process did not stand still. */
  #after(ms: number, action: () => void): void {
    const dueAt = performance.now() + ms;
    this.#timer = setTimeout(() => {
      if (performance.now() - dueAt > standstillMs) this.#after(ms, action);
      else action();
    }, ms);
  }

  /**
   * Fails the call at work, and those behind it, which others may take up. The thread is kept: where the machine is busy it is only
   * slow, and another would be as slow, and would have to load every model first.
   */
  #isLate(limitMs: number): void {
    const [id] = this.#waiting.keys();
    this.#late = id;
    Atomics.store(this.#firstWanted, 0, BigInt(this.#next));
    const message = `the inference thread gave no answer for ${limitMs} ms`;
    const error = new InferenceError('inference_timeout', message, { retryable: true });
    this.#events.late(error);
    const [atWork, ...behind] = this.#waiting.values();
    this.#waiting.clear();
    atWork?.reject(error);
    for (const waiting of behind) waiting.reject(this.#refusal(error));
    this.#after(this.#limits.lateMs, () => this.#abandon(limitMs + this.#limits.lateMs));
  }

  /**
   * Gives up a thread that hangs. It is left behind, ends itself once it is out of native code, and is watched: to end it from here while
   * a run of ONNX Runtime is under way aborts the whole process.
   */
  #abandon(silentMs: number): void {
    this.#abandoned = true;
    this.#events.abandoned();
    this.#end('inference_timeout', `the inference thread gave no answer for ${silentMs} ms`);
    const { abandonedMs } = this.#limits;
    const stuck = setTimeout(() => {
      const message = `a native call has not ended ${abandonedMs} ms after its thread was given up: only an end of the process frees it`;
      this.#events.stuck(new InferenceError('inference_timeout', message));
    }, abandonedMs).unref();
    Atomics.store(this.#firstWanted, 0, noneWanted);
    this.#worker.postMessage(endMessage);
    void this.#gone.promise.then(() => {
      clearTimeout(stuck);
      this.#events.gone();
    });
    this.#worker.unref();
  }

  #end(reason: ThreadEnd, message: string, cause?: unknown): void {
    clearTimeout(this.#timer);
    const error = new InferenceError(reason, message, { retryable: true, cause });
    const unexpected = this.#ended === undefined;
    this.#ended ??= error;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    const atWork = this.#late === undefined ? waiting.shift() : undefined;
    this.#late = undefined;
    if (unexpected) this.#events.ended(reason, error);
    atWork?.reject(unexpected ? error : this.#ended);
    for (const one of waiting) one.reject(this.#refusal(this.#ended));
    this.#drained.resolve();
  }

  /** What a call is told that this thread did not begin. */
  #refusal(ended: InferenceError): InferenceError {
    if (ended.code === 'closed') return ended;
    const message = `${ended.message}; this run had not begun: run it again`;
    return new InferenceError('not_begun', message, { retryable: true, cause: ended });
  }

  async call(request: ThreadCall): Promise<ThreadResponse> {
    if (this.#ended !== undefined) throw this.#refusal(this.#ended);
    const id = this.#next;
    this.#next += 1;
    // Sent before it is waited for: a request that cannot be sent has no answer, and close() would wait for it forever.
    try {
      this.#worker.postMessage({ ...request, id }, request.kind === 'run' ? transferList(request.feeds) : []);
    } catch (error) {
      throw new InferenceError(
        'model_mismatch',
        `expected feeds whose buffers can be moved to another thread but received one that cannot (${String(error)}): pass a copy of it`,
        { cause: error },
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<ThreadResponse>();
    this.#waiting.set(id, { resolve, reject, limitMs: this.#callLimits.of(request) });
    this.#worker.ref();
    if (this.#waiting.size === 1 && this.#late === undefined) this.#watch();
    return promise;
  }

  /**
   * Takes no more calls, answers those it has, and ends the thread. It waits for a call that is late, and not for a thread that is
   * given up.
   */
  async close(): Promise<void> {
    this.#ended ??= new InferenceError('closed', 'the inference runtime is closed');
    if (this.busy) await this.#drained.promise;
    if (!this.#abandoned) await this.#worker.terminate();
  }
}
