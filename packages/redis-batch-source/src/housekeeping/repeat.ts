import { pause } from '@trinetra/contracts';

/** Options of {@link repeat}. */
export interface RepeatOptions {
  /** From the end of one run to the start of the next, ms. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
  /** Whether the first run is at once or after `everyMs`. Default at once. */
  readonly first?: 'now' | 'later';
}

/** Runs `step`, which must not reject, again and again until `signal` aborts; one run at a time. */
export async function repeat(step: () => Promise<void>, options: RepeatOptions): Promise<void> {
  const { everyMs, signal, first = 'now' } = options;
  if (first === 'later') await pause(everyMs, signal);
  while (!signal.aborted) {
    await step();
    await pause(everyMs, signal);
  }
}
