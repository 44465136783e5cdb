import { readFile } from 'node:fs/promises';
import { parseFrameEntry, streamKeyOf } from '@trinetra/contracts';
import { Redis } from 'ioredis';
import { reasonOf, ViewerError } from '../errors.ts';

export interface FrameReaderOptions {
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly caFile?: string | undefined;
}

/** Reads frames from the streams that the ingestor writes. */
export interface FrameReader extends AsyncDisposable {
  /** The encoded picture; undefined where the stream has it no more. @throws {ViewerError} `unreadable`. */
  read(cameraId: string, frameId: string): Promise<Uint8Array | undefined>;
}

/** The address without user and password. */
function shown(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

/** @throws {ViewerError} `unreadable`, without the password of the address. */
export async function connectFrameReader(options: FrameReaderOptions): Promise<FrameReader> {
  const { url, username, password, caFile } = options;
  const refuse = (error: unknown): never => {
    throw new ViewerError('unreadable', `--redis: cannot use ${shown(url)}: ${reasonOf(error)}`);
  };
  const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8').catch(refuse);
  const redis = new Redis(url, {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(ca === undefined ? {} : { tls: { ca } }),
    lazyConnect: true,
    connectTimeout: 5000,
    commandTimeout: 10_000,
    maxRetriesPerRequest: 3,
  });
  let lastError: Error | undefined;
  redis.on('error', (error: Error) => {
    lastError = error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    redis.disconnect();
    refuse(lastError ?? error);
  }
  return {
    async read(cameraId, frameId) {
      const key = streamKeyOf(cameraId);
      const entries = await redis.xrangeBuffer(key, frameId, frameId).catch(refuse);
      const [, fields] = entries[0] ?? [];
      const parsed = fields === undefined ? undefined : parseFrameEntry(key, frameId, fields);
      return parsed?.ok === true ? parsed.entry.frame : undefined;
    },
    [Symbol.asyncDispose]: async () => redis.disconnect(),
  };
}
