import { cameraLabelOf, errorText, normaliseCameraType } from '@trinetra/contracts';
import { timeOfEntry } from '../entry-clock.ts';
import { isWeight, type PriorityOf } from '../options.ts';
import { readEntries } from '../scripts/read-entries.ts';
import type { SourceContext } from '../source-context.ts';
import type { Lease } from '../types.ts';

/** Reads up to `room` entries that nobody has read yet, fairly, and tells the schedule what it found. */
export async function readNew(
  context: SourceContext,
  room: number,
  stopping: AbortSignal,
): Promise<readonly Lease[]> {
  const { schedule, ledger, settings, troubles, warnOnce } = context;
  const { priorityOf } = settings;
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
    for (const lease of leases) {
      const { streamKey } = lease;
      schedule.served(streamKey);
      troubles.isOver(streamKey, 'a stream cannot be read');
      if (priorityOf === undefined) learnPriority(context, lease);
      else askPriority(context, lease, priorityOf);
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

function learnPriority({ schedule, settings }: SourceContext, { streamKey, fields }: Lease): void {
  for (let at = 0; at + 1 < fields.length; at += 2) {
    if (fields[at]?.length !== 11 || fields[at]?.toString('latin1') !== 'camera_type') continue;
    const type = normaliseCameraType(fields[at + 1]?.toString('latin1'));
    schedule.setWeight(streamKey, settings.weights[type]);
    return;
  }
}

/** The entries are leased already: what a user's function does wrong must not lose them. */
function askPriority({ schedule, warnOnce }: SourceContext, lease: Lease, priorityOf: PriorityOf): void {
  const { streamKey, entryId } = lease;
  let problem: string;
  try {
    const priority: unknown = priorityOf(lease);
    if (isWeight(priority)) {
      schedule.setWeight(streamKey, priority);
      return;
    }
    problem = `expected a number from 0.01 to 1000 but received ${String(priority)}`;
  } catch (error) {
    problem = errorText(error);
  }
  const fields = { camera_id: cameraLabelOf(streamKey), frame_id: entryId, error: problem };
  warnOnce(`priority ${streamKey}`, fields, 'priorityOf() gave no priority: the stream keeps the one it has');
}
