/** Weight of the last batch in what is usual for its work. */
const newest = 0.3;

interface Batch {
  readonly work: number;
  /** `performance.now()` when the engine could begin it. */
  startedAt: number;
}

/** Expects when an engine that takes one batch after another will be free, from how long batches of as much work took. */
export class EngineForecast {
  readonly #leadMs: number;
  readonly #usualMs = new Map<number, number>();
  /** In the order in which they came to the engine: the first is at work. */
  readonly #batches: Batch[] = [];

  /** @param leadMs How long a batch is under way to the engine. */
  constructor(leadMs: number) {
    this.#leadMs = leadMs;
  }

  /**
   * A batch is on its way; the returned function says that it is done.
   *
   * @param work The same number for batches that take as long, one of few: frames, or their pixels.
   */
  begin(work: number): () => void {
    const batch = { work, startedAt: performance.now() };
    this.#batches.push(batch);
    return () => {
      const now = performance.now();
      const before = this.#usualMs.get(work);
      const tookMs = now - batch.startedAt;
      this.#usualMs.set(work, before === undefined ? tookMs : before + newest * (tookMs - before));
      this.#batches.splice(this.#batches.indexOf(batch), 1);
      const [next] = this.#batches;
      if (next !== undefined) next.startedAt = Math.max(next.startedAt, now);
    };
  }

  /**
   * Ms until a batch should leave that is to be there just when the one at work is done: 0 where that is now, infinity where nobody
   * knows yet how long it takes.
   */
  get leaveInMs(): number {
    const [atWork] = this.#batches;
    if (atWork === undefined) return 0;
    const usualMs = this.#usualMs.get(atWork.work) ?? Number.POSITIVE_INFINITY;
    return Math.max(0, atWork.startedAt + usualMs - this.#leadMs - performance.now());
  }
}
