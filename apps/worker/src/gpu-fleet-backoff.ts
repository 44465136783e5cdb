/** Wait before the first restart, ms: a lost GPU comes back at once in a new process. */
const firstRestartMs = 500;
/** Longest wait before a restart, ms. */
const maxRestartMs = 60_000;

/** A worker that ran this long starts over with short waits, ms. */
const steadyMs = 60_000;

/** Failures in a row once a worker has ended that ran for `ranMs`, after `before` of them. */
export function failuresInARow(before: number, ranMs: number): number {
  return ranMs >= steadyMs ? 1 : before + 1;
}

/**
 * Wait before restart number `failures` (1, 2, ...) in a row, ms: doubled each time, of which a random half, so that workers
 * that ended together do not load their models together.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ ("equal jitter")
 */
export function restartDelayMs(failures: number, random: () => number = Math.random): number {
  const longest = Math.min(maxRestartMs, 2 * firstRestartMs * 2 ** (failures - 1));
  return longest / 2 + (longest / 2) * random();
}
