import { type Logger, within } from '@trinetra/contracts';
import { failureOf } from './kafka-failure.ts';
import type { ProducerId } from './kafka-wire.ts';

/** Events are not kept waiting for an id for longer, ms. */
const patienceMs = 1000;
/** Before a cluster that gave none is asked again, ms: one that starts has none yet, one that refuses will do so for long. */
const askAgainMs = { starting: 200, refusing: 60_000 } as const;

/**
 * Makes a source of producer ids, one for all partitions, and another where one was spent. Gives null where the cluster has none for
 * us now (it needs the right `IdempotentWrite` before Kafka 3.0): events are sent without, and a repeated try may write them twice.
 */
export function createProducerIds(
  ask: () => Promise<ProducerId>,
  logger: Logger,
): (spent: ProducerId | null) => Promise<ProducerId | null> {
  let current: ProducerId | null = null;
  let asking: Promise<ProducerId | null> | undefined;
  let notBefore = Number.NEGATIVE_INFINITY;

  async function askOnce(): Promise<ProducerId | null> {
    try {
      const answer = await within(ask(), patienceMs);
      if (answer === null) throw new Error(`no answer within ${patienceMs} ms`);
      current = answer;
    } catch (error) {
      const failure = failureOf(error);
      notBefore = performance.now() + askAgainMs[failure.reason === 'refused' ? 'refusing' : 'starting'];
      logger.debug(
        { error: failure.message },
        'Kafka gives no producer id: what is sent again may be written twice',
      );
      current = null;
    }
    return current;
  }

  return async (spent) => {
    if (current !== null && current !== spent) return current;
    if (performance.now() < notBefore) return null;
    asking ??= askOnce().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}
