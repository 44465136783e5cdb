import { cameraLabelOf, normaliseCameraType, type WarnOnce } from '@trinetra/contracts';
import type { AnswerWatch } from '../connection/answer-watch.ts';
import { timeOfUnread } from '../reading/entry-clock.ts';
import type { FairSchedule } from '../reading/fair-schedule.ts';
import type { Ledger } from '../ledger.ts';
import type { RedisBatchSourceSettings } from '../options.ts';
import { asList, asNumber, asText, type RedisClient } from '../connection/redis-client.ts';
import { lookScript, sweepScript } from '../scripts/scripts.ts';
import type { StreamTroubles } from '../stream-troubles.ts';
import type { Lease } from '../types.ts';
import type { UnreadGroups } from './unread-groups.ts';
import type { WorkerRegistry } from './worker-registry.ts';

/** Streams that one script call looks at: a bound on how long Redis is busy with it. */
export const streamsPerCall = 64;
/** A consumer that holds nothing and was silent for so many times `claimIdleMs` is taken for dead. */
const deadAfterClaimIdles = 10;

export function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
  return chunks;
}

/** What housekeeping and the reader work on. */
export interface HousekeepingContext {
  readonly client: RedisClient;
  readonly settings: RedisBatchSourceSettings;
  readonly schedule: FairSchedule;
  readonly ledger: Ledger;
  readonly troubles: StreamTroubles;
  readonly registry: WorkerRegistry;
  readonly unreadGroups: UnreadGroups;
  /** Deletes an entry that was acked when it was too early for it. */
  readonly deleteLater: (entry: Pick<Lease, 'streamKey' | 'entryId'>) => void;
  readonly answers: AnswerWatch;
  /** Warns once of what is wrong with a stream. */
  readonly warnOnce: WarnOnce;
  /** Consumers that the group has, as far as the last looks showed; at least 1. */
  readonly workers: () => number;
}

/** The streams that the user may read. A key that it may not name would have Redis refuse a script for all of its streams. */
export async function permitted(context: HousekeepingContext, streams: readonly string[]): Promise<string[]> {
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
export function forget({ schedule, ledger, unreadGroups }: HousekeepingContext, key: string): void {
  schedule.delete(key);
  ledger.streamIsGone(key);
  unreadGroups.forget(key);
}

/**
 * Makes sure of the group of each stream, measures its lag, and learns its camera's priority.
 *
 * @returns How many consumers the group has; at least 1.
 */
export async function lookAtStreams(
  context: HousekeepingContext,
  streams: readonly string[],
): Promise<number> {
  const { client, settings, schedule, ledger, troubles, unreadGroups, warnOnce } = context;
  let workers = 1;
  // Also where there is no stream yet: whether Redis answers is to be known.
  for (const keys of streams.length === 0 ? [[]] : chunksOf(streams, streamsPerCall)) {
    const [time, rows] = asList(
      await context.answers.of(client.run(lookScript, keys, [settings.consumerGroup])),
    );
    const nowMs = asNumber(time);
    const offsetMs = Date.now() - nowMs;
    for (const [index, row] of asList(rows).entries()) {
      const key = keys[index];
      if (key === undefined) continue;
      if (row === 0) {
        forget(context, key); // it went after it was found
        continue;
      }
      if (!Array.isArray(row)) {
        await troubles.found(key, 'a stream cannot be looked at', asText(row));
        continue;
      }
      troubles.isOver(key, 'a stream cannot be looked at');
      const [length, unread, oldest, type, evicted, behind, ingest, consumers] = row;
      workers = Math.max(workers, asNumber(consumers));
      const oldestId = asText(oldest);
      const entry = { streamKey: key, entryId: oldestId, nowMs };
      const addedAtMs = oldestId === '' ? undefined : timeOfUnread(warnOnce, entry, asText(ingest));
      const oldestAtMs = addedAtMs === undefined ? null : addedAtMs + offsetMs;
      ledger.observed(key, {
        unread: asNumber(unread),
        oldestUnreadAtMs: oldestId === '' ? 0 : oldestAtMs,
        streamLength: asNumber(length),
      });
      if (settings.deleteAcked === 'auto') unreadGroups.saw(key, asList(behind).map(asText));
      if (asNumber(evicted) > 0) ledger.evicted(key, asNumber(evicted));
      if (asNumber(unread) > 0) schedule.foundUnread(key);
      const cameraType = asText(type);
      if (cameraType !== '') schedule.setWeight(key, settings.weights[normaliseCameraType(cameraType)]);
    }
  }
  return workers;
}

/** Takes consumers out of the group that have long been gone. */
export async function removeDeadConsumers({
  client,
  settings,
  schedule,
}: HousekeepingContext): Promise<void> {
  const { consumerGroup, claimIdleMs, logger } = settings;
  const dead = new Set<string>();
  for (const keys of chunksOf(schedule.keys(), streamsPerCall)) {
    const args = [consumerGroup, claimIdleMs * deadAfterClaimIdles];
    for (const name of asList(await client.run(sweepScript, keys, args))) dead.add(asText(name));
  }
  if (dead.size > 0)
    logger.debug({ consumers: [...dead] }, 'consumers that were silent and held nothing are removed');
}
