import { cameraIdOf, isCameraId, matchesGlob, pause, streamKeyOf } from '@trinetra/contracts';
import type { RedisConnection } from '../redis.ts';

/** An entry of a stream, as Redis returns it. */
export interface StreamEntry {
  readonly cameraId: string;
  /** `milliseconds-sequence` */
  readonly frameId: string;
  /** Names and values in turn. */
  readonly fields: readonly Buffer[];
}

export interface StreamReaderOptions {
  readonly connection: RedisConnection;
  /** Globs of cameras; none: all. */
  readonly cameras: readonly string[];
  readonly fromBeginning: boolean;
  readonly signal: AbortSignal;
  /** Called once the positions are known: entries added from now on are read. */
  readonly onReady?: (() => void) | undefined;
}

/** Longest wait for entries, ms. Bounds the delay of an abort. */
const blockMs = 200;
/** Interval of scans for new cameras, ms, and their largest share of time: there may be millions of other keys. */
const discoveryMs = 1000;
const discoveryShare = 0.1;
/** Entries in one answer, or one of each stream. Bounds the memory of pictures. */
const entriesPerRead = 64;

/**
 * The entries of the streams `frames:*`, in the order of each stream, until the abort. Reads beside the
 * consumer groups:
 * it leases, acks, deletes and creates nothing. It reads streams that come later from their beginning.
 *
 * @throws {ViewerError} `unreadable`.
 */
export async function* readStreams(options: StreamReaderOptions): AsyncGenerator<StreamEntry> {
  const { connection, cameras, fromBeginning, signal, onReady } = options;
  const { redis, refuse } = connection;
  /** Id of the last read entry of each stream. */
  const positions = new Map<string, string>();
  const isWanted = (camera: string): boolean =>
    isCameraId(camera) && (cameras.length === 0 || cameras.some((pattern) => matchesGlob(pattern, camera)));

  async function discover(isFirst: boolean): Promise<void> {
    const scan = redis.scanStream({ match: streamKeyOf('*'), count: 1000, type: 'stream' });
    for await (const keys of scan) {
      for (const key of keys) {
        if (positions.has(key) || !isWanted(cameraIdOf(key))) continue;
        positions.set(key, isFirst && !fromBeginning ? await lastIdOf(connection, key) : '0-0');
      }
    }
  }

  await discover(true).catch(refuse);
  onReady?.();
  for (let nextAt = performance.now() + discoveryMs; !signal.aborted; ) {
    if (performance.now() >= nextAt) {
      const startedAt = performance.now();
      await discover(false).catch(refuse);
      const tookMs = performance.now() - startedAt;
      nextAt =
        performance.now() +
        Math.max(positions.size === 0 ? blockMs : discoveryMs, tookMs * (1 / discoveryShare - 1));
    }
    if (positions.size === 0) await pause(blockMs, signal);
    if (positions.size === 0) continue;
    const count = Math.max(1, Math.floor(entriesPerRead / positions.size));
    const streams = await redis
      .xreadBuffer('COUNT', count, 'BLOCK', blockMs, 'STREAMS', ...positions.keys(), ...positions.values())
      .catch(refuse);
    for (const [key, entries] of streams ?? []) {
      for (const [id, fields] of entries) {
        positions.set(key.toString(), id.toString());
        yield { cameraId: cameraIdOf(key.toString()), frameId: id.toString(), fields };
        if (signal.aborted) return;
      }
    }
  }
}

/** The id of the last added entry, even if it is gone already. */
async function lastIdOf({ redis }: RedisConnection, key: string): Promise<string> {
  const info: unknown = await redis.xinfo('STREAM', key).catch(() => []); // the stream has gone meanwhile
  const values: readonly unknown[] = Array.isArray(info) ? info : [];
  const at = values.indexOf('last-generated-id');
  return at < 0 ? '0-0' : String(values[at + 1]);
}
