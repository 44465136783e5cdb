import { streamKeyOf } from '@trinetra/contracts';
import { Redis } from 'ioredis';
import type { Camera } from './cameras.ts';
import { SimulatorError } from './errors.ts';

/** One frame as it goes into the stream of its camera. */
export interface FrameToWrite {
  readonly camera: Camera;
  readonly bytes: Buffer;
  /** Of the original picture, px. */
  readonly width: number;
  readonly height: number;
}

/** The entry id, or why there is none. */
type WriteOutcome =
  | { readonly ok: true; readonly frameId: string }
  | { readonly ok: false; readonly reason: string };

/** Writes frames as the stream-ingestor does. */
export interface RedisWriter extends AsyncDisposable {
  /** Writes the frames in one round trip; one outcome each, in their order. Never rejects. */
  write(frames: readonly FrameToWrite[]): Promise<WriteOutcome[]>;
  close(): Promise<void>;
}

/** The address without user and password. */
function shown(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

/** What the writer does to streams and entries. */
interface WriterOptions {
  /** Streams are trimmed to about this length. */
  readonly maxlen: number;
  /** Whether entries have `width` and `height`: those of the ingestor have neither. */
  readonly sizes: boolean;
}

/**
 * Connects to Redis.
 *
 * @throws {SimulatorError} `redis_unreachable`, without the password of the address.
 */
export async function createRedisWriter(url: string, options: WriterOptions): Promise<RedisWriter> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 5000,
    commandTimeout: 10_000,
    // A frame that cannot be written now is lost, as a camera's is: writing it later, or twice, would be wrong.
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
    const reason = lastError ?? cause;
    throw new SimulatorError(
      'redis_unreachable',
      `--redis: cannot use ${shown(url)}: ${reason instanceof Error ? reasonOf(reason) : String(reason)}`,
      { cause, retryable: true },
    );
  }
  const close = async (): Promise<void> => {
    redis.disconnect();
  };
  return {
    write: (frames) => writeFrames(redis, options, frames),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Node's AggregateError of a host with several addresses has no message of its own. */
function reasonOf(error: Error): string {
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}

async function writeFrames(
  redis: Redis,
  { maxlen, sizes }: WriterOptions,
  frames: readonly FrameToWrite[],
): Promise<WriteOutcome[]> {
  const pipeline = redis.pipeline();
  const ingestTs = (Date.now() / 1000).toFixed(3);
  for (const { camera, bytes, width, height } of frames) {
    pipeline.xadd(
      streamKeyOf(camera.id),
      'MAXLEN',
      '~',
      maxlen,
      '*',
      'camera_id',
      camera.id,
      'camera_type',
      camera.type,
      'ingest_ts',
      ingestTs,
      'frame',
      bytes,
      ...(sizes ? ['width', width, 'height', height] : []),
    );
  }
  try {
    const results = (await pipeline.exec()) ?? [];
    return frames.map((_, i): WriteOutcome => {
      const [error, id] = results[i] ?? [new Error('no answer')];
      return error === null && typeof id === 'string'
        ? { ok: true, frameId: id }
        : { ok: false, reason: error?.message ?? 'no entry id' };
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return frames.map(() => ({ ok: false, reason }));
  }
}
