/** Bounds of {@link backoffMs}. */
export interface BackoffOptions {
  /** Shortest first wait, ms. */
  readonly firstMs: number;
  /** Longest wait, ms. */
  readonly maxMs: number;
  /** 0..1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/**
 * Wait before try number `attempt` (1, 2, ...), ms. It doubles with each try, and half of it is random, so that
 * clients that failed together do not retry together. At first between `firstMs` and twice that, never more
 * than `maxMs`.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ ("equal jitter")
 */
export function backoffMs(attempt: number, { firstMs, maxMs, random = Math.random }: BackoffOptions): number {
  const longest = Math.min(maxMs, 2 * firstMs * 2 ** (attempt - 1));
  return longest / 2 + (longest / 2) * random();
}
