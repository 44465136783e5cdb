import { cameraLabelOf } from '@trinetra/contracts';
import { chunksOf, type HousekeepingContext, streamsPerCall } from '../housekeeping/housekeeping.ts';
import { recoverScript } from '../scripts/recover-script.ts';
import { asErrors, asList, asNumber, asText } from '../connection/redis-client.ts';

import type { Lease } from '../types.ts';

/** Options of {@link recover}. */
export interface RecoverOptions {
  readonly streams: readonly string[];
  /** `own`: what this consumer left, whatever its age; `all`: what anyone left untouched for `claimIdleMs`. */
  readonly whose: 'own' | 'all';
  /** How long this consumer has lived: what was delivered to it since then, and is not held, was lost on the way. */
  readonly lifeMs: number;
  readonly room: number;
  /** Whether entries that were delivered before without an outcome are left for later. */
  readonly leaveSuspects: boolean;
  /** Leases held now, which are no leftovers. */
  readonly held: Iterable<Lease>;
}

/** What {@link recover} found. */
export interface Recovered {
  readonly leases: readonly Lease[];
  /** Streams that may hold more, because the room was used up. */
  readonly unfinished: readonly string[];
  /** Streams whose next entry was delivered before without an outcome, and was left. */
  readonly suspect: readonly string[];
}

/** The name of a lease among all of them. */
export function leaseName({ streamKey, entryId }: Pick<Lease, 'streamKey' | 'entryId'>): string {
  return `${streamKey} ${entryId}`;
}

/**
 * Takes over pending entries. Those whose body was trimmed are counted and acked; those delivered too often move to the
 * dead-letter stream.
 */
export async function recover(context: HousekeepingContext, options: RecoverOptions): Promise<Recovered> {
  const { client, settings, ledger, troubles, registry } = context;
  const { consumerGroup, claimIdleMs, maxDeliveries, deadLetterPrefix } = settings;
  const held = Array.from(options.held, leaseName);
  const leases: Lease[] = [];
  const unfinished: string[] = [];
  const suspect: string[] = [];
  for (const streams of chunksOf(options.streams, streamsPerCall)) {
    const room = options.room - leases.length;
    if (room <= 0) {
      unfinished.push(...streams);
      continue;
    }
    const keys = streams.flatMap((key) => [key, deadLetterPrefix + cameraLabelOf(key)]);
    const [entries, trimmed, dead, left, suspects, errors, early] = asList(
      await client.run(recoverScript, keys, [
        consumerGroup,
        registry.name,
        options.whose === 'own' ? 0 : claimIdleMs,
        room,
        options.whose === 'own' ? Math.floor(options.lifeMs) : 'all',
        maxDeliveries,
        settings.deadLetterMaxLength,
        settings.deleteAcked,
        options.leaveSuspects ? 'leave' : 'take',
        registry.key,
        ...held,
      ]),
    );
    const streamAt = (pair: number): string => streams[pair - 1] ?? '';
    const readAtMs = Date.now();
    for (const entry of asList(entries)) {
      const [pair, id, fields, deliveryCount] = asList(entry);
      leases.push({
        streamKey: streamAt(asNumber(pair)),
        entryId: asText(id),
        fields: asList(fields) as readonly Buffer[],
        deliveryCount: asNumber(deliveryCount),
        readAtMs,
        waitedMs: 0,
      });
    }
    for (const [list, outcome] of [
      [asList(trimmed), 'trimmed'],
      [asList(dead), 'dead_lettered'],
    ] as const) {
      for (let at = 0; at + 1 < list.length; at += 2) {
        const [key, count] = [streamAt(asNumber(list[at])), asNumber(list[at + 1])];
        ledger.endedAtOnce(key, outcome, count);
        settings.logger.warn(
          { camera_id: cameraLabelOf(key), count, outcome },
          'pending entries ended unprocessed',
        );
      }
    }
    for (const pair of asList(suspects)) suspect.push(streamAt(asNumber(pair)));
    const later = asList(early);
    for (let at = 0; at + 1 < later.length; at += 2)
      context.deleteLater({ streamKey: streamAt(asNumber(later[at])), entryId: asText(later[at + 1]) });
    const openStreams = asNumber(left);
    if (openStreams > 0) unfinished.push(...streams.slice(streams.length - openStreams));
    await troubles.foundAll(streams, 'a pending entry cannot be recovered', asErrors(errors));
  }
  return { leases, unfinished, suspect };
}
