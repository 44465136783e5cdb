export interface PaceOptions {
  /** Between two frames while readers keep up, ms. */
  readonly intervalMs: number;
  /** MAXLEN of the stream. */
  readonly maxLength: number;
}

/** A stream that is fuller than this is not read fast enough; below the lower mark it is again. */
const marks = { high: 0.8, low: 0.5 } as const;
/** The rate goes down to this part of the wanted one. */
const leastRate = 1 / 8;

/**
 * How fast to write. Workers delete the frames that they are done with, so the length of a stream is what waits in it. A frame that is
 * trimmed unread was captured, encoded and sent for nothing: better to take fewer.
 */
export class Pace {
  readonly #options: PaceOptions;
  #rate = 1;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /** Part of the wanted rate, 1/8 to 1. */
  get rate(): number {
    return this.#rate;
  }

  /** Until the next frame, ms. */
  get intervalMs(): number {
    return this.#options.intervalMs / this.#rate;
  }

  /** Halves or doubles the rate by the length of the stream; whether it has changed. */
  saw(length: number): boolean {
    const before = this.#rate;
    const full = length / this.#options.maxLength;
    if (full >= marks.high) this.#rate = Math.max(leastRate, this.#rate / 2);
    else if (full <= marks.low) this.#rate = Math.min(1, this.#rate * 2);
    return this.#rate !== before;
  }
}
