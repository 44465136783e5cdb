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
 * Wait before try number `attempt` (1, 2, ...), ms: doubled for each, half of it random, so that those who failed together do not come
 * back together. Between `firstMs` and twice that at first, never more than `maxMs`.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ ("equal jitter")
 */
export function backoffMs(attempt: number, { firstMs, maxMs, random = Math.random }: BackoffOptions): number {
  const longest = Math.min(maxMs, 2 * firstMs * 2 ** (attempt - 1));
  return longest / 2 + (longest / 2) * random();
}
