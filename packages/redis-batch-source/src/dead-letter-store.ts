import { matchesGlob } from '@trinetra/contracts';
import {
  dropLettersScript,
  listLettersScript,
  readLetterScript,
  replayLetterScript,
} from './dead-letter-scripts.ts';
import { RedisBatchSourceError } from './errors.ts';
import { chunksOf } from './housekeeping.ts';
import {
  type DeadLetterStoreOptions,
  type DeadLetterStoreSettings,
  parseDeadLetterOptions,
} from './options.ts';
import { asList, asNumber, asText, RedisClient, type Reply } from './redis-client.ts';
import { deadLetterProbes } from './rights.ts';

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

/** Looks after the entries that a source gave up. */
export interface DeadLetterStore extends AsyncDisposable {
  /** Cameras that have dead letters, sorted. A hostile writer chooses such names: check them before they are shown. */
  cameras(): Promise<string[]>;
  /** The dead letters of a camera, oldest first. What the entries hold stays in Redis. */
  list(cameraId: string): Promise<DeadLetterInfo[]>;
  /** One of them with its fields. */
  read(cameraId: string, id: string): Promise<DeadLetter | undefined>;
  /** Whether {@link replay} would write it back. */
  canReplay(letter: DeadLetterInfo): boolean;
  /**
   * Writes the entry back to the end of its stream with the fields it had, and removes it here, in one step. Live entries
   * are not trimmed for it; the next trim by their writer counts it as one of them.
   */
  replay(cameraId: string, id: string): Promise<ReplayResult>;
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

  async read(cameraId: string, id: string): Promise<DeadLetter | undefined> {
    checkIds([id]);
    const reply = await this.#client.run(readLetterScript, [this.#keyOf(cameraId)], [id]);
    const [fields, added] = asList(reply);
    if (fields === undefined) return undefined;
    return { ...infoOf(cameraId, id, added), fields: asList(fields) as readonly Buffer[] };
  }

  canReplay({ origin }: DeadLetterInfo): boolean {
    return origin !== undefined && matchesGlob(this.#settings.streamPattern, origin.streamKey);
  }

  async replay(cameraId: string, id: string): Promise<ReplayResult> {
    checkIds([id]);
    const key = this.#keyOf(cameraId);
    const [row] = asList(await this.#client.run(listLettersScript, [key], [id, 1]));
    const [foundId, added] = row === undefined ? [] : asList(row);
    if (foundId === undefined || asText(foundId) !== id) return { outcome: 'missing' };
    const letter = infoOf(cameraId, id, added);
    const streamKey = letter.origin?.streamKey;
    if (streamKey === undefined || !this.canReplay(letter)) return { outcome: 'foreign' };
    const [entryId, length] = asList(await this.#client.run(replayLetterScript, [key, streamKey], [id]));
    if (entryId === undefined) return { outcome: 'missing' };
    return { outcome: 'replayed', streamKey, entryId: asText(entryId), streamLength: asNumber(length) };
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
