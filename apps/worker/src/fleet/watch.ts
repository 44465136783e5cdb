import { setTimeout } from 'node:timers/promises';

export interface WatchOptions {
  /** Where the worker answers; undefined while it has told no port, which counts as no answer. */
  readonly port: () => number | undefined;
  /** From one question to the next, and the longest wait for an answer, ms. */
  readonly intervalMs: number;
  /** Questions in a row without an answer after which the worker counts as hanging. */
  readonly allowedMisses: number;
}

/** One to two minutes: a machine that is busy or was asleep for a moment is no reason to load models again. */
export const defaultWatch: Omit<WatchOptions, 'port'> = { intervalMs: 10_000, allowedMisses: 6 };

async function answers(port: number | undefined, limitMs: number): Promise<boolean> {
  if (port === undefined) return false;
  const signal = AbortSignal.timeout(limitMs);
  return fetch(`http://127.0.0.1:${port}/health`, { signal }).then(
    async (response) => (await response.text()) !== '',
    () => false,
  );
}

/** Asks a worker for its `/health` until it hangs (true) or `signal` aborts (false). */
export async function watchForHang(options: WatchOptions, signal: AbortSignal): Promise<boolean> {
  const { port, intervalMs, allowedMisses } = options;
  for (let misses = 0; misses < allowedMisses; ) {
    await setTimeout(intervalMs, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return false;
    misses = (await answers(port(), intervalMs)) ? 0 : misses + 1;
  }
  return !signal.aborted;
}
