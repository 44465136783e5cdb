import { setTimeout as delay } from 'node:timers/promises';
import { failureOf } from './kafka-failure.ts';
import type { KafkaSinkSettings } from './options.ts';
import type { WriteFailure, WriteFailureReason } from './sink.ts';

const maxBackoffMs = 30_000;

function retriesFor(reason: WriteFailureReason, retries: number): number {
  if (reason === 'unreachable' || reason === 'unknown') return retries;
  // A cluster that has just started may not know its topics for a moment: one retry is enough for that.
  return reason === 'unknown_topic' ? Math.min(1, retries) : 0;
}

export interface RetryOptions
  extends Pick<KafkaSinkSettings, 'retries' | 'retryBackoffMs' | 'requestTimeoutMs'> {
  /** What is tried, for the message of a failure. */
  readonly what: string;
  /** Whether nobody waits for it any more. */
  readonly abandoned: () => boolean;
}

/** Does `attempt` until it goes well, or its failure is one that no retry mends; then gives that. */
export async function retrying(
  attempt: () => Promise<void>,
  { what, retries, retryBackoffMs, requestTimeoutMs, abandoned }: RetryOptions,
): Promise<WriteFailure | null> {
  const startedAt = performance.now();
  for (let tries = 1; ; tries += 1) {
    try {
      await attempt();
      return null;
    } catch (error) {
      const failure = failureOf(error);
      const isLast = tries > retriesFor(failure.reason, retries) || abandoned();
      if (isLast || performance.now() - startedAt > requestTimeoutMs) {
        return { ...failure, message: `${failure.message} (${what}, tries: ${tries})` };
      }
    }
    // Up to a fifth more, so that the workers of a site do not come back all at once.
    const backoffMs = Math.min(maxBackoffMs, retryBackoffMs * 2 ** (tries - 1));
    await delay(backoffMs * (1 + Math.random() / 5));
  }
}
