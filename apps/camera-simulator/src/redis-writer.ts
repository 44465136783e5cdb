import { errorText, type Result, streamKeyOf } from '@trinetra/contracts';
import { Redis } from 'ioredis';
import { SimulatorError } from './errors.ts';

/** One entry for the stream of its camera. */
export interface EntryToWrite {
  readonly cameraId: string;
  /** Names and values in turn. */
  readonly fields: readonly (string | number | Buffer)[];
}

/** Writes entries as the stream-ingestor does. */
export interface RedisWriter extends AsyncDisposable {
  /** Writes the entries in one round trip; gives the id of each, in their order. Never rejects. */
  write(entries: readonly EntryToWrite[]): Promise<Result<string>[]>;
}

/** The address without user and password. */
function shown(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

/**
 * Connects to Redis.
 *
 * @param maxlen Streams are trimmed to about this length; undefined: not at all.
 * @throws {SimulatorError} `redis_unreachable`, without the password of the address.
 */
export async function createRedisWriter(url: string, maxlen: number | undefined): Promise<RedisWriter> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 5000,
    commandTimeout: 10_000,
    // A frame that cannot be written now is lost, as from a real camera. Do not write it later or twice.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (times) => Math.min(times * 50, 1000),
  });
  let lastError: Error | undefined;
  redis.on('error', (error: Error) => {
    lastError = error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (cause) {
    redis.disconnect();
    throw new SimulatorError(
      'redis_unreachable',
      `--redis: cannot use ${shown(url)}: ${errorText(lastError ?? cause)}`,
      { cause, retryable: true },
    );
  }
  return {
    write: (entries) => writeEntries(redis, maxlen, entries),
    [Symbol.asyncDispose]: async () => redis.disconnect(),
  };
}

async function writeEntries(
  redis: Redis,
  maxlen: number | undefined,
  entries: readonly EntryToWrite[],
): Promise<Result<string>[]> {
  const pipeline = redis.pipeline();
  for (const { cameraId, fields } of entries) {
    const key = streamKeyOf(cameraId);
    if (maxlen === undefined) pipeline.xadd(key, '*', ...fields);
    else pipeline.xadd(key, 'MAXLEN', '~', maxlen, '*', ...fields);
  }
  try {
    const results = (await pipeline.exec()) ?? [];
    return entries.map((_, i): Result<string> => {
      const [error, id] = results[i] ?? [new Error('no answer')];
      return error === null && typeof id === 'string'
        ? { ok: true, value: id }
        : { ok: false, reason: error?.message ?? 'no entry id' };
    });
  } catch (error) {
    return entries.map(() => ({ ok: false, reason: errorText(error) }));
  }
}
