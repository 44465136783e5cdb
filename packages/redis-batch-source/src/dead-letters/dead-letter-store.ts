import { matchesGlob } from '@trinetra/contracts';
import {
  dropLettersScript,
  listLettersScript,
  readLetterScript,
  replayLetterScript,
} from '../scripts/dead-letter-scripts.ts';
import { RedisBatchSourceError } from '../errors.ts';
import { chunksOf } from '../housekeeping/housekeeping.ts';
import {
  type DeadLetterStoreOptions,
  type DeadLetterStoreSettings,
  parseDeadLetterOptions,
} from '../options.ts';
import { asList, asNumber, asText, RedisClient, type Reply } from '../connection/redis-client.ts';
import { deadLetterProbes } from '../connection/rights.ts';

/** Letters looked at in one script call: a bound on how long Redis is busy with it. */
const lettersPerCall = 50;

/** What is known of a dead letter without its fields. */
export interface DeadLetterInfo {
  readonly cameraId: string;
  /** Its id in the dead-letter stream. */
  readonly id: string;
  /** When it was moved there, milliseconds since the epoch, by the clock of Redis. */
  readonly deadAtMs: number;
  /** How it came there; undefined where something else than a source wrote it. */
  readonly origin?: {
    /** The stream that it was an entry of, and its id there. */
    readonly streamKey: string;
    readonly entryId: string;
    /** `max_deliveries`. */
    readonly reason: string;
    readonly deliveryCount: number;
    /** The last one that took it up. */
    readonly consumer: string;
  };
}

/** A dead letter with all that the entry held. */
export interface DeadLetter extends DeadLetterInfo {
  /** Flat: name, value, name, value, ...; as the entry was written. */
  readonly fields: readonly Buffer[];
}

/** Which dead letters of a camera: those with these ids, else all, or all that were given up before a time. */
export interface DeadLetterSelection {
  readonly ids?: readonly string[] | undefined;
  /** Milliseconds since the epoch. */
  readonly beforeMs?: number | undefined;
}

/** The dead letters of one camera, counted. */
export interface DeadLetterSummary {
  readonly cameraId: string;
  readonly count: number;
  /** When the first and the last of them were given up, milliseconds since the epoch. */
  readonly oldestMs: number;
  readonly newestMs: number;
  /** How many were given up for which reason; `unknown` where something else than a source wrote it. */
  readonly reasons: Readonly<Record<string, number>>;
}

/**
 * - `replayed`: `entryId` is its new id in `streamKey`, which holds `streamLength` entries now;
 * - `missing`: there is no such dead letter (any more);
 * - `foreign`: it does not say where it came from, or came from a stream that `streamPattern` does not name.
 */
export type ReplayResult =
  | {
      readonly outcome: 'replayed';
      readonly streamKey: string;
      readonly entryId: string;
      readonly streamLength: number;
    }
  | { readonly outcome: 'missing' | 'foreign' };

/** What became of one of several; `replayable`: it would go to `streamKey`. */
export type SelectedReplay = { readonly id: string } & (
  | ReplayResult
  | { readonly outcome: 'replayable'; readonly streamKey: string }
);

/** Looks after the entries that a source gave up. */
export interface DeadLetterStore extends AsyncDisposable {
  /** Cameras that have dead letters, sorted. A hostile writer chooses such names: check them before they are shown. */
  cameras(): Promise<string[]>;
  /** The cameras that have dead letters, sorted, with what they have. */
  summaries(): Promise<DeadLetterSummary[]>;
  /** The dead letters of a camera, oldest first. What the entries hold stays in Redis. */
  list(cameraId: string): Promise<DeadLetterInfo[]>;
  /** One of them with its fields. */
  read(cameraId: string, id: string): Promise<DeadLetter | undefined>;
  /** Those of a selection that are there, and the ids of those that are not. */
  find(
    cameraId: string,
    selection: DeadLetterSelection,
  ): Promise<{ readonly letters: readonly DeadLetterInfo[]; readonly missing: readonly string[] }>;
  /**
   * Writes the entry back to the end of its stream with the fields it had, and removes it here, in one step. Live entries
   * are not trimmed for it; the next trim by their writer counts it as one of them.
   */
  replay(cameraId: string, id: string): Promise<ReplayResult>;
  /** Replays those of a selection one by one; first come the ids that are not there. `dryRun` changes nothing. */
  replayAll(
    cameraId: string,
    selection: DeadLetterSelection,
    options?: { readonly dryRun?: boolean | undefined },
  ): AsyncIterable<SelectedReplay>;
  /** Deletes dead letters for good; resolves to how many were there. */
  drop(cameraId: string, ids: readonly string[]): Promise<number>;
  close(): Promise<void>;
}

class RedisDeadLetterStore implements DeadLetterStore {
  readonly #settings: DeadLetterStoreSettings;
  readonly #client: RedisClient;

  constructor(settings: DeadLetterStoreSettings, client: RedisClient) {
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
      const args = [from, lettersPerCall];
      const rows = asList(await this.#client.run(listLettersScript, [this.#keyOf(cameraId)], args));
      for (const row of rows) {
        const [id, added] = asList(row);
        letters.push(infoOf(cameraId, asText(id), added));
      }
      if (rows.length < lettersPerCall) return letters;
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
    const reply = await this.#client.run(readLetterScript, [this.#keyOf(cameraId)], [id]);
    const [fields, added] = asList(reply);
    if (fields === undefined) return undefined;
    return { ...infoOf(cameraId, id, added), fields: asList(fields) as readonly Buffer[] };
  }

  async replay(cameraId: string, id: string): Promise<ReplayResult> {
    checkIds([id]);
    const key = this.#keyOf(cameraId);
    const [row] = asList(await this.#client.run(listLettersScript, [key], [id, 1]));
    const [foundId, added] = row === undefined ? [] : asList(row);
    if (foundId === undefined || asText(foundId) !== id) return { outcome: 'missing' };
    const streamKey = this.#replayableTo(infoOf(cameraId, id, added));
    if (streamKey === undefined) return { outcome: 'foreign' };
    const [entryId, length] = asList(await this.#client.run(replayLetterScript, [key, streamKey], [id]));
    if (entryId === undefined) return { outcome: 'missing' };
    return { outcome: 'replayed', streamKey, entryId: asText(entryId), streamLength: asNumber(length) };
  }

  async *replayAll(
    cameraId: string,
    selection: DeadLetterSelection,
    { dryRun = false }: { readonly dryRun?: boolean | undefined } = {},
  ): AsyncGenerator<SelectedReplay, void, void> {
    const { letters, missing } = await this.find(cameraId, selection);
    for (const id of missing) yield { id, outcome: 'missing' };
    for (const letter of letters) {
      const { id } = letter;
      const streamKey = this.#replayableTo(letter);
      if (streamKey === undefined) yield { id, outcome: 'foreign' };
      else if (dryRun) yield { id, outcome: 'replayable', streamKey };
      else yield { id, ...(await this.replay(cameraId, id)) };
    }
  }

  async drop(cameraId: string, ids: readonly string[]): Promise<number> {
    checkIds(ids);
    let dropped = 0;
    for (const some of chunksOf(ids, lettersPerCall)) {
      dropped += asNumber(await this.#client.run(dropLettersScript, [this.#keyOf(cameraId)], some));
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
  #replayableTo({ origin }: DeadLetterInfo): string | undefined {
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

function infoOf(cameraId: string, id: string, added: Reply | undefined): DeadLetterInfo {
  const known = { cameraId, id, deadAtMs: Number(id.split('-')[0]) };
  const [streamKey, reason, entryId, deliveries, consumer] = asList(added).map((value) => asText(value));
  if (streamKey === undefined || reason === undefined || entryId === undefined || consumer === undefined)
    return known;
  return { ...known, origin: { streamKey, reason, entryId, deliveryCount: Number(deliveries), consumer } };
}

/**
 * Connects to the dead letters that sources with the same options wrote: entries that were delivered `maxDeliveries`
 * times without an outcome.
 *
 * @throws {@link RedisBatchSourceError} `invalid_options`; `access_denied`, naming every right that is missing;
 * `unreachable`: unlike a source it does not wait for a Redis that is away.
 * @example
 * await using letters = await createDeadLetterStore({ redis: { url: 'redis://localhost:6379' } });
 * for (const { id } of await letters.list('cam_01')) await letters.replay('cam_01', id);
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
