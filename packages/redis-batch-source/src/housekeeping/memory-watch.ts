import type { RedisClient } from '../connection/redis-client.ts';
import type { RedisBatchSourceSettings } from '../options.ts';

/** Looks without a refused write after which the memory counts as free again: around the limit, writes pass now and then. */
const freeAfterLooks = 10;

/** Says, once, that the memory of Redis is full: the source goes on, but whoever writes frames cannot. */
export class MemoryWatch {
  readonly #client: RedisClient;
  readonly #settings: RedisBatchSourceSettings;
  #isFull = false;
  #looks = 0;

  constructor(client: RedisClient, settings: RedisBatchSourceSettings) {
    this.#client = client;
    this.#settings = settings;
  }

  async look(): Promise<void> {
    const { deadLetterPrefix, logger } = this.#settings;
    const refusal = await this.#client.refusalOfWrite(`${deadLetterPrefix}trinetra-memory-probe`);
    this.#looks += 1;
    if (refusal !== undefined) {
      this.#looks = 0;
      if (!this.#isFull)
        logger.warn(
          { error: refusal },
          'Redis has no memory left and refuses new frames: raise maxmemory, shorten the streams (MAXLEN) or serve them faster; reading and acking go on',
        );
      this.#isFull = true;
    } else if (this.#isFull && this.#looks >= freeAfterLooks) {
      this.#isFull = false;
      logger.info({}, 'Redis has memory again');
    }
  }
}
