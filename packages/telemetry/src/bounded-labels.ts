/** The label value that stands for everything beyond a bound. */
export const otherLabel = '_other';

/**
 * Keeps the number of values of a label bounded: the first `max` values are kept as they are, later ones
 * and those that `accepts` refuses become {@link otherLabel}.
 *
 * A value once kept stays kept: counters must never go backwards, nor move to another series.
 */
export class BoundedLabels {
  readonly #max: number;
  readonly #accepts: (value: string) => boolean;
  readonly #kept = new Set<string>();

  constructor(max: number, accepts: (value: string) => boolean = () => true) {
    this.#max = max;
    this.#accepts = accepts;
  }

  /** The label value to use for `value`. */
  of(value: string): string {
    if (this.#kept.has(value)) return value;
    if (this.#kept.size >= this.#max || !this.#accepts(value)) return otherLabel;
    this.#kept.add(value);
    return value;
  }
}
