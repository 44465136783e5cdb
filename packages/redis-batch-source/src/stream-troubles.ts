import { cameraLabelOf, type Logger } from '@trinetra/contracts';
import type { RedisClient } from './connection/redis-client.ts';
import { isAccessError } from './connection/redis-errors.ts';
import type { ByStream } from './scripts/reply.ts';

/** What cannot be done with one stream, while the others go on. */
export type StreamTrouble =
  | 'a stream cannot be read'
  | 'a stream cannot be looked at'
  | 'entries of a stream cannot be acked'
  | 'a pending entry cannot be recovered';

/** Says what is wrong with single streams, once each: an ill stream neither stops the others nor fills the log. */
export class StreamTroubles {
  readonly #client: RedisClient;
  readonly #logger: Logger;
  readonly #reported = new Map<string, Map<StreamTrouble, string>>();

  constructor(client: RedisClient, logger: Logger) {
    this.#client = client;
    this.#logger = logger;
  }

  /** @throws RedisBatchSourceError `access_denied` where Redis refuses a right that every stream needs. */
  async found(streamKey: string, trouble: StreamTrouble, error: string): Promise<void> {
    const known = this.#reported.get(streamKey);
    if (known?.get(trouble) === error) return;
    if (isAccessError(new Error(error))) {
      const missing = await this.#client.findMissingRights();
      if (missing !== undefined) throw missing;
    }
    this.#reported.set(streamKey, (known ?? new Map()).set(trouble, error));
    this.#logger.warn({ camera_id: cameraLabelOf(streamKey), error }, trouble);
  }

  /** The same of several streams. */
  async foundAll(trouble: StreamTrouble, errors: ByStream<Buffer>): Promise<void> {
    for (const [streamKey, error] of errors) await this.found(String(streamKey), trouble, String(error));
  }

  /** The next trouble of this kind is told again. */
  isOver(streamKey: string, trouble: StreamTrouble): void {
    this.#reported.get(streamKey)?.delete(trouble);
  }

  /** Forgets the streams that are gone. */
  keep(streams: ReadonlySet<string>): void {
    for (const key of this.#reported.keys()) if (!streams.has(key)) this.#reported.delete(key);
  }
}
