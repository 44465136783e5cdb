/** Longest wait after every stream was found empty, ms. */
const longestMs = 100;
/** Shortest such wait, ms, and the part of its time that a worker spends asking: while entries come, and while none do. */
const lively = { shortestMs: 1, share: 1 / 3 } as const;
const quiet = { shortestMs: 4, share: 0.2 } as const;
/** How long entries are taken to come on after one came, ms. */
const livelyMs = 250;

/** How long to wait where nothing was found, before asking again. */
export class IdleDelay {
  #foundAt = Number.NEGATIVE_INFINITY;

  /** A read found something. */
  found(): void {
    this.#foundAt = performance.now();
  }

  /** A read that took so long found nothing; milliseconds. */
  after(tookMs: number): number {
    const { shortestMs, share } = performance.now() - this.#foundAt < livelyMs ? lively : quiet;
    return Math.min(longestMs, Math.max(shortestMs, (tookMs * (1 - share)) / share));
  }
}
