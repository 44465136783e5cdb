import { parseFrameEntry, streamKeyOf } from '@trinetra/contracts';
import type { RedisServerSettings } from '@trinetra/env-settings';
import { connectRedis } from '../redis.ts';

/** Reads frames from the streams that the ingestor writes. */
export interface FrameReader extends AsyncDisposable {
  /** The encoded picture; undefined if it is gone from the stream. @throws {ViewerError} `unreadable`. */
  read(cameraId: string, frameId: string): Promise<Uint8Array | undefined>;
}

/** @throws {ViewerError} `unreadable`, without the password of the address. */
export async function connectFrameReader(settings: RedisServerSettings): Promise<FrameReader> {
  const { redis, refuse } = await connectRedis(settings);
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
