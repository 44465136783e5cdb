import type { Logger } from '@trinetra/contracts';
import { InferenceError } from './errors.ts';
import { restartDelayMs } from './restart-backoff.ts';
import { ThreadClient, type ThreadEnd, type ThreadLimits } from './thread-client.ts';

export interface SupervisorOptions {
  readonly threadFile: URL;
  readonly limits: ThreadLimits;
  /** Longest wait of a run for a thread that comes back, ms. */
  readonly restartWaitMs: number;
  readonly logger: Logger;
  readonly onRestart: (reason: ThreadEnd) => void;
  readonly onStuck: (error: InferenceError) => void;
  /** A thread came up after one had ended. */
  readonly onUp: () => void;
}

/** Keeps one inference thread running: where it ends, another starts after a wait that grows. */
export class ThreadSupervisor {
  readonly #options: SupervisorOptions;
  #client: ThreadClient | undefined;
  /** Ends in a row, without a run that passed. */
  #failures = 0;
  #restart: { readonly timer: NodeJS.Timeout; readonly up: PromiseWithResolvers<void> } | undefined;
  #closed = false;
  #abandoned = 0;

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
    return this.#abandoned + (this.#client?.busy === true ? 1 : 0);
  }

  #start(): ThreadClient {
    const { threadFile, limits, onStuck } = this.#options;
    return new ThreadClient(threadFile, limits, {
      ended: (reason, error) => this.#ended(reason, error),
      ran: () => {
        this.#failures = 0;
      },
      stuck: onStuck,
      abandoned: () => {
        this.#abandoned += 1;
      },
      gone: () => {
        this.#abandoned -= 1;
      },
    });
  }

  #ended(reason: ThreadEnd, error: InferenceError): void {
    const { logger, onRestart, onUp } = this.#options;
    this.#client = undefined;
    this.#failures += 1;
    const restartMs = Math.round(restartDelayMs(this.#failures));
    logger.warn({ reason, restartMs, err: error }, 'the inference thread has ended: another is started');
    onRestart(reason);
    const up = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#restart = undefined;
      this.#client = this.#start();
      up.resolve();
      onUp();
    }, restartMs).unref();
    this.#restart = { timer, up };
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
      const message = `the inference thread has ended ${this.#failures} times in a row and was not back within ${restartWaitMs} ms`;
      late.reject(new InferenceError('engine_restarting', message, { retryable: true }));
    }, restartWaitMs);
    try {
      for (;;) {
        if (this.#closed) throw new InferenceError('closed', 'the inference runtime is closed');
        if (this.#client !== undefined) return this.#client;
        await Promise.race([this.#restart?.up.promise, late.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#restart?.timer);
    this.#restart?.up.resolve();
    await this.#client?.close();
  }
}
