import { normaliseCameraType } from '@trinetra/contracts';
import { timeOfEntry } from '../entry-clock.ts';
import { readEntries } from '../scripts/read-entries.ts';
import type { SourceContext } from '../source-context.ts';
import type { Lease } from '../types.ts';

/** Reads up to `room` entries that nobody has read yet, fairly, and tells the schedule what it found. */
export async function readNew(
  context: SourceContext,
  room: number,
  stopping: AbortSignal,
): Promise<readonly Lease[]> {
  const { schedule, ledger, troubles, warnOnce } = context;
  const visited = new Set<string>();
  while (visited.size < schedule.size) {
    const plan = schedule.plan(room, visited);
    if (plan.keys.length === 0) return [];
    const [entries, evicted, empty, errors, nowMs] = await readEntries(context, plan, room);
    const readAtMs = Date.now();
    const leases = entries.map(([key, id, fields]): Lease => {
      const [streamKey, entryId] = [String(key), String(id)];
      const addedAtMs = timeOfEntry(warnOnce, { streamKey, entryId, nowMs }) ?? nowMs;
      const waitedMs = Math.max(0, nowMs - addedAtMs);
      return { streamKey, entryId, fields, deliveryCount: 1, readAtMs, waitedMs };
    });
    for (const { streamKey, fields } of leases) {
      schedule.served(streamKey);
      troubles.isOver(streamKey, 'a stream cannot be read');
      learnPriority(context, streamKey, fields);
    }
    for (const [key, count] of evicted) ledger.evicted(String(key), count);
    for (const key of empty) schedule.foundEmpty(String(key));
    // What was read comes first: a right that is missing shows again at the next read.
    if (leases.length > 0) return leases;
    await troubles.foundAll('a stream cannot be read', errors);
    for (const key of plan.keys) visited.add(key);
    if (stopping.aborted) return [];
  }
  return [];
}

function learnPriority(
  { schedule, settings }: SourceContext,
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
