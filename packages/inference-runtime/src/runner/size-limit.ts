/** Runs at the limit that pass before one more item is tried. */
const firstPatience = 200;
/** A growth that fails is tried again after twice as many runs, up to this many. */
const maxPatience = 12_800;

/**
 * The largest run that fits: cut where memory runs out, grown back by one item, or to the next size that runs are padded to, after {@link firstPatience} runs at the
 * limit. It starts at the largest size and never passes it.
 */
export class SizeLimit {
  readonly #min: number;
  readonly #max: number;
  /** The sizes that runs are padded to, where there are such: growing stops at no other. */
  readonly #sizes: readonly number[] | undefined;
  #limit: number;
  /** The largest size that passed before the last step up; above 0 while that step is not proven. */
  #stepFrom = 0;
  #patience = firstPatience;
  #passed = 0;

  /** @param min Sizes below it are the same run to the engine: a model with a fixed batch. */
  constructor(min: number, max: number, sizes?: readonly number[]) {
    this.#sizes = sizes;
    this.#min = Math.min(min, max);
    this.#max = max;
    this.#limit = max;
  }

  get value(): number {
    return this.#limit;
  }

  /** Whether a run of that size, which did not fit, can be cut. */
  canCut(size: number): boolean {
    return size > this.#min;
  }

  /** A run of `size` items did not fit. */
  cut(size: number): void {
    if (size > this.#limit) return; // it was made before the limit fell
    const failedStep = this.#stepFrom > 0 && size === this.#limit;
    this.#patience = failedStep ? Math.min(maxPatience, this.#patience * 2) : firstPatience;
    this.#limit = failedStep ? this.#stepFrom : Math.max(this.#min, Math.ceil(size / 2));
    this.#stepFrom = 0;
    this.#passed = 0;
  }

  /** A run of `size` items passed. */
  passed(size: number): void {
    if (size < this.#limit) return;
    if (this.#stepFrom > 0) {
      this.#stepFrom = 0;
      this.#patience = firstPatience;
    }
    if (this.#limit === this.#max) return;
    this.#passed += 1;
    if (this.#passed < this.#patience) return;
    this.#stepFrom = this.#limit;
    const next = this.#sizes?.filter((one) => one > this.#limit) ?? [];
    this.#limit = Math.min(
      this.#max,
      this.#sizes === undefined ? this.#limit + 1 : Math.min(this.#max, ...next),
    );
    this.#passed = 0;
  }
}

/**
 * Items that a run of `count` is padded to: the smallest of `sizes` that holds them and does not pass `limit`, else `limit`.
 * Without sizes: as many as they are. GPU engines are built, and memory is laid out, for each size that comes.
 *
 * @param limit Items that a run may have as of now: less than the sizes where memory ran out.
 */
export function paddedSize(count: number, sizes: readonly number[] | undefined, limit: number): number {
  if (sizes === undefined) return count;
  const fitting = sizes.filter((size) => size >= count && size <= limit);
  return Math.max(count, Math.min(limit, ...fitting));
}
