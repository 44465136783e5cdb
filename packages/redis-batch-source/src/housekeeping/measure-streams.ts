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
  const { client, settings, troubles, answers } = context;
  let workers = 1;
  // Also where there is no stream yet: whether Redis answers is to be known.
  for (const keys of streams.length === 0 ? [[]] : chunksOf(streams, streamsPerCall)) {
    const looks = await answers.of(lookAtStreams(client, keys, settings.consumerGroup));
    for (const look of looks.streams) {
      if (look.state === 'gone') {
        forget(context, look.streamKey); // it went after it was found
      } else if (look.state === 'ill') {
        await troubles.found(look.streamKey, 'a stream cannot be looked at', look.error);
      } else {
        note(context, look, looks.nowMs);
        workers = Math.max(workers, look.consumers);
      }
    }
  }
  return workers;
}

function note(
  { settings, schedule, ledger, troubles, unreadGroups, warnOnce }: SourceContext,
  look: StreamLook & { readonly state: 'well' },
  nowMs: number,
): void {
  const { streamKey, oldestId, unread, evicted, cameraType } = look;
  troubles.isOver(streamKey, 'a stream cannot be looked at');
  const entry = { streamKey, entryId: oldestId, nowMs };
  const addedAtMs = oldestId === '' ? undefined : timeOfUnread(warnOnce, entry, look.ingestTs);
  const oldestAtMs = addedAtMs === undefined ? null : addedAtMs + Date.now() - nowMs;
  ledger.observed(streamKey, {
    unread,
    oldestUnreadAtMs: oldestId === '' ? 0 : oldestAtMs,
    streamLength: look.length,
  });
  if (settings.deleteAcked === 'auto') unreadGroups.saw(streamKey, look.behind);
  if (evicted > 0) ledger.evicted(streamKey, evicted);
  if (unread > 0) schedule.foundUnread(streamKey);
  if (cameraType !== '') schedule.setWeight(streamKey, settings.weights[normaliseCameraType(cameraType)]);
}
