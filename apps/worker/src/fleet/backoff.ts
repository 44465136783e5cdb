import { backoffMs } from '@trinetra/contracts';

/** A worker that ran this long starts over with short waits, ms. */
const steadyMs = 60_000;

/** Failures in a row once a worker has ended that ran for `ranMs`, after `before` of them. */
export function failuresInARow(before: number, ranMs: number): number {
  return ranMs >= steadyMs ? 1 : before + 1;
}

/** Wait before restart number `failures` (1, 2, ...) in a row, ms. The first is short: a lost GPU comes back at once in a new process. */
export function restartDelayMs(failures: number, random?: () => number): number {
  return backoffMs(failures, { firstMs: 500, maxMs: 60_000, random });
}
