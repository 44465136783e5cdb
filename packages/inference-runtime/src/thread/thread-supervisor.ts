import { backoffMs } from '@trinetra/contracts';
import { InferenceError } from '../errors.ts';
import type { InferenceRuntimeValues } from '../options.ts';
import type { ThreadEnd } from '../types.ts';
import type { ThreadLimits } from './call-limits.ts';
import { ThreadClient } from './thread-client.ts';

export interface SupervisorOptions
  extends Pick<InferenceRuntimeValues, 'restartWaitMs' | 'logger' | 'onRestart' | 'onStuck'> {
  readonly threadFile: URL;
  readonly limits: ThreadLimits;
  /** A thread is there again, after one had ended or was late. */
  readonly onUp: () => void;
}

/** Threads given up beside which another works: each keeps the memory of its sessions, and takes processor time if it is only slow. */
const maxAbandoned = 1;

/** Waits before another thread is started. */
const restarts = { firstMs: 100, maxMs: 30_000 };

/** Keeps one inference thread running: where it ends, another starts after a wait that grows. */
export class ThreadSupervisor {
  readonly #options: SupervisorOptions;
  #client: ThreadClient | undefined;
  /** The thread, while a call takes longer there than it may. */
  #late: ThreadClient | undefined;
  /** Ends in a row, without a run that passed. */
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Resolves when a thread is there again. */
  #up: PromiseWithResolvers<void> | undefined;
  #closed = false;
  /** Threads that were given up and have not ended. */
  #abandoned = 0;
  /** Whether the next thread waits for one of those to end. */
  #held = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#client = this.#start();
  }

  /** The thread, where it is up. */
  get client(): ThreadClient | undefined {
    return this.#client;
  }

  /** Threads that work, and those that were given up and have not ended yet. */
  get busy(): number {
    return this.#abandoned + ((this.#client ?? this.#late)?.busy === true ? 1 : 0);
  }

  #start(): ThreadClient {
    const { threadFile, limits, logger, onStuck } = this.#options;
    const client: ThreadClient = new ThreadClient(threadFile, limits, {
      late: (error) => {
        logger.warn({ err: error }, 'a call takes longer than it may: its thread is used again once it ends');
        this.#client = undefined;
        this.#late = client;
        this.#up = Promise.withResolvers();
      },
      back: () => this.#isUp(client),
      ended: (reason, error) => this.#ended(reason, error),
      ran: () => {
        this.#failures = 0;
      },
      stuck: (error) => onStuck?.(error),
      abandoned: () => {
        this.#abandoned += 1;
      },
      gone: () => {
        this.#abandoned -= 1;
        if (this.#held && !this.#closed) this.#startLater();
      },
    });
    return client;
  }

  #isUp(client: ThreadClient): void {
    this.#late = undefined;
    this.#client = client;
    this.#up?.resolve();
    this.#up = undefined;
    this.#options.onUp();
  }

  #ended(reason: ThreadEnd, error: InferenceError): void {
    const { logger, onRestart } = this.#options;
    this.#up ??= Promise.withResolvers();
    this.#client = undefined;
    this.#late = undefined;
    this.#failures += 1;
    logger.warn({ reason, err: error }, 'the inference thread has ended: another is started');
    onRestart?.(reason);
    this.#held = this.#abandoned > maxAbandoned;
    if (!this.#held) this.#startLater();
  }

  #startLater(): void {
    this.#held = false;
    this.#timer = setTimeout(() => this.#isUp(this.#start()), backoffMs(this.#failures, restarts)).unref();
  }

  /**
   * The thread, once it is up.
   *
   * @throws {InferenceError} `engine_restarting` where that takes too long, `closed`.
   */
  async acquire(): Promise<ThreadClient> {
    const { restartWaitMs } = this.#options;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const what =
        this.#late === undefined
          ? `has ended ${this.#failures} times in a row`
          : 'is at a call that takes longer than it may';
      const message = `the inference thread ${what} and was not back within ${restartWaitMs} ms`;
      late.reject(new InferenceError('engine_restarting', message, { retryable: true }));
    }, restartWaitMs);
    try {
      for (;;) {
        if (this.#closed) throw new InferenceError('closed', 'the inference runtime is closed');
        if (this.#client !== undefined) return this.#client;
        await Promise.race([this.#up?.promise, late.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#up?.resolve();
    await (this.#client ?? this.#late)?.close();
  }
}
