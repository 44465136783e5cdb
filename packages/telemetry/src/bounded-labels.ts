/** The label value that stands for everything beyond a bound. */
export const otherLabel = '_other';

/**
 * Keeps the number of values of a label bounded: up to `max` values are kept as they are, more of them and those that `accepts`
 * refuses become {@link otherLabel}.
 *
 * A value stays kept until it may go and another needs its place: a counter must not move to another series, and one that ended is to
 * be seen to its end.
 */
export class BoundedLabels {
  readonly #max: number;
  readonly #accepts: (value: string) => boolean;
  readonly #onForgotten: (value: string) => void;
  readonly #kept = new Set<string>();
  /** Kept values whose place another may have, the longest such first. */
  readonly #leaving = new Set<string>();

  /** @param onForgotten Ends the series of a value. */
  constructor(
    max: number,
    accepts: (value: string) => boolean = () => true,
    onForgotten: (value: string) => void = () => undefined,
  ) {
    this.#max = max;
    this.#accepts = accepts;
    this.#onForgotten = onForgotten;
  }

  /** All that are kept. */
  values(): string[] {
    return [...this.#kept];
  }

  has(value: string): boolean {
    return this.#kept.has(value);
  }

  /** The label value to use for `value`. */
  of(value: string): string {
    if (this.#kept.has(value)) return value;
    if (!this.#accepts(value)) return otherLabel;
    if (this.#kept.size >= this.#max) {
      const [leaving] = this.#leaving;
      if (leaving === undefined) return otherLabel;
      this.forget(leaving);
    }
    this.#kept.add(value);
    return value;
  }

  /** Says that nothing is going to be counted for `value`. */
  mayGo(value: string): void {
    if (this.#kept.has(value)) this.#leaving.add(value);
  }

  /** Takes {@link mayGo} back. */
  stays(value: string): void {
    this.#leaving.delete(value);
  }

  forget(value: string): void {
    this.#leaving.delete(value);
    if (this.#kept.delete(value)) this.#onForgotten(value);
  }
}
