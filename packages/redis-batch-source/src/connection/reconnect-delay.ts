import { backoffMs } from '@trinetra/contracts';

const delays = { firstMs: 25, maxMs: 2000 } as const;
/** A connection that lasted less is part of the same trouble: the delays go on growing. */
const stableAfterMs = 5000;

/** Doublings that remain after a connection that was shorter but of use: 200 ms at most. */
const attemptsIfServed = 2;

/** Options of {@link ReconnectDelay}. */
export interface ReconnectDelayOptions {
  /** 0..1. Default `Math.random`. */
  readonly random?: () => number;
  /** Milliseconds of a clock that never goes back. Default `performance.now`. */
  readonly now?: () => number;
}

/**
 * How long to wait before the next try to connect: exponential from 50 ms to 2 s, the upper half of it at random, so that
 * workers do not come back in step. A server that takes connections and ends them at once is not asked faster and faster:
 * only a connection that lasted 5 s starts the delays anew. One that was of use before it ended is replaced within 200 ms.
 */
export class ReconnectDelay {
  readonly #random: () => number;
  readonly #now: () => number;
  #attempts = 0;
  #readyAt: number | undefined;

  constructor(options: ReconnectDelayOptions = {}) {
    this.#random = options.random ?? Math.random;
    this.#now = options.now ?? (() => performance.now());
  }

  /** To be called once commands can be sent. */
  connected(): void {
    this.#readyAt = this.#now();
  }

  /** To be called once a command was answered. */
  served(): void {
    this.#attempts = Math.min(this.#attempts, attemptsIfServed);
  }

  /** To be called when a try failed or a connection ended; milliseconds, 25..2000. */
  next(): number {
    if (this.#readyAt !== undefined && this.#now() - this.#readyAt >= stableAfterMs) this.#attempts = 0;
    this.#readyAt = undefined;
    this.#attempts += 1;
    return Math.round(backoffMs(this.#attempts, { ...delays, random: this.#random }));
  }
}
