/** Wait before the first restart, ms. */
const firstRestartMs = 100;
/** Longest wait before a restart, ms. */
const maxRestartMs = 30_000;

/**
 * Wait before restart number `failures` (1, 2, ...) in a row, ms: doubled each time, of which a random half, so that the
 * workers of a machine do not come back together. Never less than {@link firstRestartMs} nor more than {@link maxRestartMs}.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ ("equal jitter")
 */
export function restartDelayMs(failures: number, random: () => number = Math.random): number {
  const longest = Math.min(maxRestartMs, 2 * firstRestartMs * 2 ** (failures - 1));
  return longest / 2 + (longest / 2) * random();
}
