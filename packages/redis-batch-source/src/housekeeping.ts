import { cameraLabelOf, normaliseCameraType } from '@trinetra/contracts';
import type { FairSchedule } from './fair-schedule.ts';
import type { Ledger } from './ledger.ts';
import type { RedisBatchSourceSettings } from './options.ts';
import { asList, asNumber, asText, type RedisClient } from './redis-client.ts';
import { lookScript } from './scripts.ts';
import type { StreamTroubles } from './stream-troubles.ts';

/** Streams that one script call looks at: a bound on how long Redis is busy with it. */
export const streamsPerCall = 64;

export function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
  return chunks;
}

/** What {@link discover} and {@link lookAtStreams} work on. */
export interface HousekeepingContext {
  readonly client: RedisClient;
  readonly settings: RedisBatchSourceSettings;
  readonly schedule: FairSchedule;
  readonly ledger: Ledger;
  readonly troubles: StreamTroubles;
}

/** Finds the streams that came, which it returns, and forgets those that went. */
export async function discover(context: HousekeepingContext): Promise<string[]> {
  const { client, settings, schedule, troubles } = context;
  const found = await client.scanStreams(settings.streamPattern);
  for (const key of schedule.keys()) if (!found.has(key)) schedule.delete(key);
  troubles.keep(found);
  const unknown = [...found].filter(
    (key) => !schedule.has(key) && !key.startsWith(settings.deadLetterPrefix),
  );
  const fresh = await permitted(context, unknown);
  if (fresh.length > 0) settings.logger.info({ cameras: fresh.map(cameraLabelOf) }, 'new streams found');
  return fresh;
}

/** The streams that the user may read. A key that it may not name would have Redis refuse a script for all of its streams. */
async function permitted(context: HousekeepingContext, streams: readonly string[]): Promise<string[]> {
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

/** Makes sure of the group of each stream, measures its lag, and learns its camera's priority. */
export async function lookAtStreams(
  { client, settings, schedule, ledger, troubles }: HousekeepingContext,
  streams: readonly string[],
): Promise<void> {
  for (const keys of chunksOf(streams, streamsPerCall)) {
    const [time, rows] = asList(await client.run(lookScript, keys, [settings.consumerGroup]));
    const offsetMs = Date.now() - asNumber(time);
    for (const [index, row] of asList(rows).entries()) {
      const key = keys[index];
      if (key === undefined) continue;
      if (!Array.isArray(row)) {
        await troubles.found(key, 'a stream cannot be looked at', asText(row));
        continue;
      }
      troubles.isOver(key, 'a stream cannot be looked at');
      const [length, unread, oldest, type, evicted] = row;
      const oldestId = asText(oldest);
      const oldestAtMs = oldestId === '' ? 0 : Number(oldestId.split('-')[0]) + offsetMs;
      ledger.observed(key, {
        unread: asNumber(unread),
        oldestUnreadAtMs: oldestAtMs,
        streamLength: asNumber(length),
      });
      if (asNumber(evicted) > 0) ledger.evicted(key, asNumber(evicted));
      if (asNumber(unread) > 0) schedule.foundUnread(key);
      const cameraType = asText(type);
      if (cameraType !== '') schedule.setWeight(key, settings.weights[normaliseCameraType(cameraType)]);
    }
  }
}
