import { defined, matchesGlob } from '@trinetra/contracts';
import { chunksOf } from '../chunks.ts';
import { RedisClient } from '../connection/redis-client.ts';
import { deadLetterProbes } from '../connection/rights.ts';
import { RedisBatchSourceError } from '../errors.ts';
import { type DeadLetterStoreOptions, parseDeadLetterOptions } from '../options.ts';
import { type AddedFields, dropLetters, listLetters, readLetter, replayLetter } from '../scripts/letters.ts';
import type {
  DeadLetter,
  DeadLetterInfo,
  DeadLetterSelection,
  DeadLetterStore,
  DeadLetterSummary,
  LetterOrigin,
  ReplayResult,
  SelectedReplay,
} from './dead-letter-types.ts';

/** Letters looked at in one script call: a bound on how long Redis is busy with it. */
const lettersPerCall = 50;

class RedisDeadLetterStore implements DeadLetterStore {
  readonly #settings: Required<DeadLetterStoreOptions>;
  readonly #client: RedisClient;

  constructor(settings: Required<DeadLetterStoreOptions>, client: RedisClient) {
    this.#settings = settings;
    this.#client = client;
  }

  async cameras(): Promise<string[]> {
    const { deadLetterPrefix } = this.#settings;
    const keys = await this.#client.scanStreams(`${deadLetterPrefix.replaceAll(/[*?[\]\\]/g, '\\$&')}*`);
    return [...keys].map((key) => key.slice(deadLetterPrefix.length)).toSorted();
  }

  async list(cameraId: string): Promise<DeadLetterInfo[]> {
    const letters: DeadLetterInfo[] = [];
    let from = '-';
    for (;;) {
      const some = { from, count: lettersPerCall };
      const listed = await listLetters(this.#client, this.#keyOf(cameraId), some);
      letters.push(...listed.map(([id, added]) => infoOf(cameraId, String(id), added)));
      if (listed.length < lettersPerCall) return letters;
      from = `(${letters.at(-1)?.id}`;
    }
  }

  async summaries(): Promise<DeadLetterSummary[]> {
    const summaries: DeadLetterSummary[] = [];
    for (const cameraId of await this.cameras()) {
      const letters = await this.list(cameraId);
      if (letters.length > 0) summaries.push(summaryOf(cameraId, letters));
    }
    return summaries;
  }

  async find(
    cameraId: string,
    { ids, beforeMs = Number.POSITIVE_INFINITY }: DeadLetterSelection,
  ): Promise<{ letters: DeadLetterInfo[]; missing: string[] }> {
    const all = await this.list(cameraId);
    if (ids === undefined) return { letters: all.filter(({ deadAtMs }) => deadAtMs < beforeMs), missing: [] };
    const byId = new Map(all.map((letter) => [letter.id, letter]));
    const wanted = [...new Set(ids)];
    const letters = wanted.flatMap((id) => byId.get(id) ?? []);
    return { letters, missing: wanted.filter((id) => !byId.has(id)) };
  }

  async read(cameraId: string, id: string): Promise<DeadLetter | undefined> {
    checkIds([id]);
    const letter = await readLetter(this.#client, this.#keyOf(cameraId), id);
    if (letter.length === 0) return undefined;
    const [fields, added] = letter;
    return { ...infoOf(cameraId, id, added), fields };
  }

  async replay(cameraId: string, id: string): Promise<ReplayResult> {
    checkIds([id]);
    const key = this.#keyOf(cameraId);
    const [letter] = await listLetters(this.#client, key, { from: id, count: 1 });
    if (letter === undefined || String(letter[0]) !== id) return { outcome: 'missing' };
    const streamKey = this.#replayableTo(originOf(letter[1]));
    if (streamKey === undefined) return { outcome: 'foreign' };
    const replayed = await replayLetter(this.#client, { key, streamKey, id });
    if (replayed.length === 0) return { outcome: 'missing' };
    const [entryId, streamLength] = replayed;
    return { outcome: 'replayed', streamKey, entryId: String(entryId), streamLength };
  }

  async *replayAll(
    cameraId: string,
    selection: DeadLetterSelection,
    { dryRun = false }: { readonly dryRun?: boolean | undefined } = {},
  ): AsyncGenerator<SelectedReplay, void, void> {
    const { letters, missing } = await this.find(cameraId, selection);
    for (const id of missing) yield { id, outcome: 'missing' };
    for (const { id, origin } of letters) {
      const streamKey = this.#replayableTo(origin);
      if (streamKey === undefined) yield { id, outcome: 'foreign' };
      else if (dryRun) yield { id, outcome: 'replayable', streamKey };
      else yield { id, ...(await this.replay(cameraId, id)) };
    }
  }

  async drop(cameraId: string, ids: readonly string[]): Promise<number> {
    checkIds(ids);
    let dropped = 0;
    for (const some of chunksOf(ids, lettersPerCall)) {
      dropped += await dropLetters(this.#client, this.#keyOf(cameraId), some);
    }
    return dropped;
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The stream that it came from, where sources read that one. */
  #replayableTo(origin: LetterOrigin | undefined): string | undefined {
    const isOurs = origin !== undefined && matchesGlob(this.#settings.streamPattern, origin.streamKey);
    return isOurs ? origin.streamKey : undefined;
  }

  #keyOf(cameraId: string): string {
    return this.#settings.deadLetterPrefix + cameraId;
  }
}

/** @throws {@link RedisBatchSourceError} `invalid_options`. */
function checkIds(ids: readonly string[]): void {
  const wrong = ids.find((id) => !/^\d{1,20}-\d{1,20}$/.test(id));
  if (wrong === undefined) return;
  throw new RedisBatchSourceError(
    'invalid_options',
    `id: expected one like 1771840000123-0 but received ${JSON.stringify(wrong)}`,
  );
}

function summaryOf(cameraId: string, letters: readonly DeadLetterInfo[]): DeadLetterSummary {
  const reasons = new Map<string, number>();
  for (const { origin } of letters) {
    const reason = origin?.reason ?? 'unknown';
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return {
    cameraId,
    count: letters.length,
    oldestMs: letters[0]?.deadAtMs ?? 0,
    newestMs: letters.at(-1)?.deadAtMs ?? 0,
    reasons: Object.fromEntries(reasons),
  };
}

function originOf(added: AddedFields): LetterOrigin | undefined {
  if (added.length === 0) return undefined;
  const [streamKey, reason, entryId, deliveryCount, consumer] = added;
  return {
    streamKey: String(streamKey),
    entryId: String(entryId),
    reason: String(reason),
    deliveryCount: Number(deliveryCount),
    consumer: String(consumer),
  };
}

function infoOf(cameraId: string, id: string, added: AddedFields): DeadLetterInfo {
  return defined({ cameraId, id, deadAtMs: Number(id.split('-')[0]), origin: originOf(added) });
}

/**
 * Connects to the dead letters that sources with the same options wrote: entries that were delivered `maxDeliveries`
 * times without an outcome.
 *
 * @throws {@link RedisBatchSourceError} `invalid_options`; `access_denied`, naming every right that is missing;
 * `unreachable`: unlike a source it does not wait for a Redis that is away.
 * @example
 * const letters = await createDeadLetterStore({ redis: { url: 'redis://localhost:6379' } });
 * for (const { id } of await letters.list('cam_01')) await letters.replay('cam_01', id);
 * await letters.close();
 */
export async function createDeadLetterStore(options: DeadLetterStoreOptions): Promise<DeadLetterStore> {
  const settings = parseDeadLetterOptions(options);
  const client = new RedisClient({ ...settings, consumerName: 'dead-letters' }, deadLetterProbes(settings));
  await client.connectOrFail();
  const missing = await client.findMissingRights();
  if (missing !== undefined) {
    client.close();
    throw missing;
  }
  return new RedisDeadLetterStore(settings, client);
}
