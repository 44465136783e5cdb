import { Worker } from 'node:worker_threads';
import type { Logger } from '@trinetra/contracts';
import { FrameDecoderError } from './errors.ts';
import type { DecodeRequest, ThreadData, ThreadMessage } from './thread-messages.ts';

/** The result of a job. */
export type JobResult =
  | Exclude<ThreadMessage, { type: 'ready' }>
  | { readonly type: 'crashed'; readonly message: string };

/** A job that was handed over. */
export interface Job {
  readonly result: Promise<JobResult>;
  /** Takes it out while it still waits; true if it did. */
  cancel(): boolean;
}

interface QueuedJob {
  readonly request: DecodeRequest;
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: Error) => void;
}

interface Slot {
  worker: Worker;
  ready: boolean;
  job: QueuedJob | undefined;
}

/** Failed starts in a row after which the waiting jobs fail. */
const maxFailedStarts = 3;

/**
 * Decode threads with one queue; a thread that dies costs its own job and is replaced. Those that have nothing to do keep no
 * process alive.
 */
export class ThreadPool {
  readonly #url: URL;
  readonly #data: ThreadData;
  readonly #logger: Logger;
  readonly #slots = new Set<Slot>();
  readonly #queue: QueuedJob[] = [];
  readonly #idleWaiters: (() => void)[] = [];
  #failedStarts = 0;
  #toldSlow = false;
  #restarts = 0;
  #broken: FrameDecoderError | undefined;
  #closing = false;

  private constructor(url: URL, data: ThreadData, logger: Logger) {
    this.#url = url;
    this.#data = data;
    this.#logger = logger;
  }

  /** Resolves once every thread is ready. @throws {@link FrameDecoderError} `thread_failed` */
  static async start(url: URL, data: ThreadData, threads: number, logger: Logger): Promise<ThreadPool> {
    const pool = new ThreadPool(url, data, logger);
    const starts = Array.from({ length: threads }, () => pool.#startSlot());
    try {
      await Promise.all(starts);
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  get stats(): { readonly queued: number; readonly active: number; readonly restarts: number } {
    const active = [...this.#slots].filter((slot) => slot.job !== undefined).length;
    return { queued: this.#queue.length, active, restarts: this.#restarts };
  }

  /** Queues a job. */
  run(request: DecodeRequest): Job {
    const { promise, resolve, reject } = Promise.withResolvers<JobResult>();
    const job: QueuedJob = { request, resolve, reject };
    if (this.#broken === undefined) {
      this.#queue.push(job);
      this.#dispatch();
    } else {
      reject(this.#broken);
    }
    const cancel = (): boolean => {
      const at = this.#queue.indexOf(job);
      if (at === -1) return false;
      this.#queue.splice(at, 1);
      this.#dispatch(); // close() may have waited for this one
      return true;
    };
    return { result: promise, cancel };
  }

  /** Finishes the queued and running jobs, then ends the threads. */
  async close(): Promise<void> {
    if (this.#queue.length > 0 || this.stats.active > 0) {
      await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
    }
    this.#closing = true;
    await Promise.all(
      [...this.#slots].map(async ({ worker, ready }) => {
        const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
        worker.ref(); // whoever waits for its end waits for it
        if (ready) worker.postMessage(null);
        else await worker.terminate();
        await ended;
      }),
    );
    this.#slots.clear();
  }

  #startSlot(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const worker = new Worker(this.#url, { workerData: this.#data, name: 'trinetra-decode' });
    const slot: Slot = { worker, ready: false, job: undefined };
    this.#slots.add(slot);
    let cause: unknown;
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('message', (message: ThreadMessage) => {
      if (message.type === 'ready') {
        slot.ready = true;
        this.#failedStarts = 0;
        worker.unref();
        this.#tellSlow(message.slow);
        resolve();
      } else {
        slot.job?.resolve(message);
        slot.job = undefined;
        worker.unref();
      }
      this.#dispatch();
    });
    worker.once('exit', (code) => {
      this.#slots.delete(slot);
      const message = cause instanceof Error ? cause.message : `exit code ${code}`;
      if (!slot.ready) {
        reject(
          new FrameDecoderError('thread_failed', `The decode thread did not start: ${message}`, { cause }),
        );
      }
      if (!this.#closing) this.#replace(slot, message);
    });
    return promise;
  }

  #tellSlow(reason: string | null): void {
    if (reason === null || this.#toldSlow || this.#data.jpegAccuracy === 'fast') return;
    this.#toldSlow = true;
    this.#logger.warn({ reason }, 'JPEGs take twice the time: libvips decodes them, not libjpeg-turbo');
  }

  #replace(slot: Slot, message: string): void {
    this.#logger.warn({ reason: message, started: slot.ready }, 'A decode thread died');
    slot.job?.resolve({ type: 'crashed', message: `The decode thread died: ${message}` });
    slot.job = undefined;
    if (!slot.ready) this.#failedStarts += 1;
    if (this.#failedStarts < maxFailedStarts) {
      this.#restarts += 1;
      this.#startSlot().catch(() => undefined); // its exit handler counts and logs it
    } else if (this.#slots.size === 0) {
      this.#broken = new FrameDecoderError(
        'thread_failed',
        `Decode threads failed to start ${maxFailedStarts} times in a row: ${message}`,
        { retryable: true },
      );
      for (const job of this.#queue.splice(0)) job.reject(this.#broken);
    }
    this.#dispatch();
  }

  #dispatch(): void {
    for (const slot of this.#slots) {
      if (!slot.ready || slot.job !== undefined) continue;
      const job = this.#queue.shift();
      if (job === undefined) break;
      slot.job = job;
      slot.worker.ref();
      slot.worker.postMessage(job.request);
    }
    if (this.#queue.length === 0 && this.stats.active === 0) {
      for (const resolve of this.#idleWaiters.splice(0)) resolve();
    }
  }
}
