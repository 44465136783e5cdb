import { cameraLabelOf, normaliseCameraType } from '@trinetra/contracts';
import { chunksOf, streamsPerCall } from '../chunks.ts';
import { timeOfUnread } from '../entry-clock.ts';
import { lookAtStreams, type StreamLook } from '../scripts/look-at-streams.ts';
import type { SourceContext } from '../source-context.ts';

/** The streams that the user may read. A key that it may not name would have Redis refuse a script for all of its streams. */
export async function permitted(context: SourceContext, streams: readonly string[]): Promise<string[]> {
  const { client, settings, troubles } = context;
  const refusals = await Promise.all(
    streams.map((key) => client.refusalOfKeys([key, settings.deadLetterPrefix + cameraLabelOf(key)])),
  );
  const allowed: string[] = [];
  for (const [index, key] of streams.entries()) {
    const refusal = refusals[index];
    if (refusal === undefined) allowed.push(key);
    else await troubles.found(key, 'a stream cannot be read', refusal);
  }
  return allowed;
}

/** A stream is gone: deleted, expired, flushed, evicted or renamed. */
export function forget({ schedule, ledger, unreadGroups }: SourceContext, key: string): void {
  schedule.delete(key);
  ledger.streamIsGone(key);
  unreadGroups.forget(key);
}

/**
 * Makes sure of the group of each stream, measures its lag, and learns its camera's priority.
 *
 * @returns How many consumers the group has; at least 1.
 */
export async function measureStreams(context: SourceContext, streams: readonly string[]): Promise<number> {
  let workers = 1;
  // Also where there is no stream yet: whether Redis answers is to be known.
  for (const keys of streams.length === 0 ? [[]] : chunksOf(streams, streamsPerCall)) {
    const [nowMs, looks] = await lookAtStreams(context, keys);
    for (const [key, look] of looks) {
      const streamKey = String(key);
      if (look === 0) {
        forget(context, streamKey); // it went after it was found
      } else if (Buffer.isBuffer(look)) {
        await context.troubles.found(streamKey, 'a stream cannot be looked at', String(look));
      } else {
        workers = Math.max(workers, note(context, streamKey, look, nowMs));
      }
    }
  }
  return workers;
}

/** @returns How many consumers the group has. */
function note(context: SourceContext, streamKey: string, look: StreamLook, nowMs: number): number {
  const { settings, schedule, ledger, troubles, unreadGroups, warnOnce } = context;
  const [length, unread, oldestId, cameraType, ingestTs, evicted, behind, consumers] = look;
  troubles.isOver(streamKey, 'a stream cannot be looked at');
  const entry = { streamKey, entryId: String(oldestId), nowMs };
  const addedAtMs = oldestId.length === 0 ? undefined : timeOfUnread(warnOnce, entry, String(ingestTs));
  const oldestAtMs = addedAtMs === undefined ? null : addedAtMs + Date.now() - nowMs;
  ledger.observed(streamKey, {
    unread,
    oldestUnreadAtMs: oldestId.length === 0 ? 0 : oldestAtMs,
    streamLength: length,
  });
  if (settings.deleteAcked === 'auto') unreadGroups.saw(streamKey, behind);
  if (evicted > 0) ledger.evicted(streamKey, evicted);
  if (unread > 0) schedule.foundUnread(streamKey);
  if (cameraType.length > 0 && settings.priorityOf === undefined)
    schedule.setWeight(streamKey, settings.weights[normaliseCameraType(String(cameraType))]);
  return consumers;
}
