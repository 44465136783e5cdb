import { normaliseCameraType } from '@trinetra/contracts';
import { timeOfEntry } from './entry-clock.ts';
import type { HousekeepingContext } from '../housekeeping/housekeeping.ts';
import { asErrors, asList, asNumber, asText, type Reply } from '../connection/redis-client.ts';
import { readScript } from '../scripts/scripts.ts';
import type { Lease } from '../types.ts';

/** Reads up to `room` entries that nobody has read yet, fairly, and tells the schedule what it found. */
export async function readNew(
  context: HousekeepingContext,
  room: number,
  stopping: AbortSignal,
): Promise<readonly Lease[]> {
  const { client, settings, schedule, ledger, troubles, registry } = context;
  const visited = new Set<string>();
  while (visited.size < schedule.size) {
    const { keys, visits } = schedule.plan(room, visited);
    if (keys.length === 0) return [];
    const reply = await client.run(readScript, keys, [
      settings.consumerGroup,
      registry.name,
      room,
      ...visits.map((index) => index + 1),
    ]);
    const [entries, evicted, empty, errors, now] = asList(reply);
    const keyAt = (at: Reply | undefined): string => keys[asNumber(at) - 1] ?? '';
    const leases = asList(entries).map((entry) => {
      const [index, id, fields] = asList(entry);
      return leaseOf(context, keyAt(index), asText(id), asList(fields) as readonly Buffer[], asNumber(now));
    });
    for (const { streamKey, fields } of leases) {
      schedule.served(streamKey);
      troubles.isOver(streamKey, 'a stream cannot be read');
      learnPriority(context, streamKey, fields);
    }
    const lost = asList(evicted);
    for (let at = 0; at + 1 < lost.length; at += 2) ledger.evicted(keyAt(lost[at]), asNumber(lost[at + 1]));
    for (const index of asList(empty)) schedule.foundEmpty(keyAt(index));
    // What was read comes first: a right that is missing shows again at the next read.
    if (leases.length > 0) return leases;
    await troubles.foundAll(keys, 'a stream cannot be read', asErrors(errors));
    for (const key of keys) visited.add(key);
    if (stopping.aborted) return [];
  }
  return [];
}

function leaseOf(
  { warnOnce }: HousekeepingContext,
  streamKey: string,
  entryId: string,
  fields: readonly Buffer[],
  nowMs: number,
): Lease {
  const addedAtMs = timeOfEntry(warnOnce, { streamKey, entryId, nowMs }) ?? nowMs;
  const waitedMs = Math.max(0, nowMs - addedAtMs);
  return { streamKey, entryId, fields, deliveryCount: 1, readAtMs: Date.now(), waitedMs };
}

function learnPriority(
  { schedule, settings }: HousekeepingContext,
  streamKey: string,
  fields: readonly Buffer[],
): void {
  for (let at = 0; at + 1 < fields.length; at += 2) {
    if (fields[at]?.length !== 11 || fields[at]?.toString('latin1') !== 'camera_type') continue;
    const type = normaliseCameraType(fields[at + 1]?.toString('latin1'));
    schedule.setWeight(streamKey, settings.weights[type]);
    return;
  }
}
