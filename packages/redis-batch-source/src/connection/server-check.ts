import { RedisBatchSourceError } from '../errors.ts';
import type { GroupContext } from '../group-context.ts';

/** Looks once for each connection whether the server is one that works, and what it should be told otherwise. */
export class ServerCheck {
  readonly #context: GroupContext;
  #check: Promise<void> | undefined;
  /** The one that was judged last: a warning comes once, not after each reconnect. */
  #evictionPolicy: string | undefined;

  constructor(context: GroupContext) {
    this.#context = context;
  }

  /** The connection is another one: perhaps to another server, or with other rights. */
  isNew(): void {
    this.#check = undefined;
  }

  /** @throws {@link RedisBatchSourceError} `access_denied`, naming the rights that are missing; `unsupported_server`. */
  async check(): Promise<void> {
    const check = this.#check ?? this.#findFaults();
    this.#check = check;
    try {
      await check;
    } catch (error) {
      if (this.#check === check) this.#check = undefined;
      throw error;
    }
  }

  async #findFaults(): Promise<void> {
    const { client, settings } = this.#context;
    const missing = await client.findMissingRights();
    if (missing !== undefined) throw missing;
    const { version, isCluster, evictionPolicy } = await client.serverFacts();
    if (Number(version.split('.')[0]) < 7) {
      throw new RedisBatchSourceError(
        'unsupported_server',
        `Expected Redis 7.0 or later but received ${version}: upgrade the server`,
      );
    }
    // Its scripts name the streams of many slots at once: every read would fail with CROSSSLOT.
    if (isCluster) {
      throw new RedisBatchSourceError(
        'unsupported_server',
        'Expected one Redis but received a node of a Redis Cluster: use a Redis with cluster mode disabled, with Sentinels for failover',
      );
    }
    if (evictionPolicy !== undefined && evictionPolicy !== this.#evictionPolicy) {
      if (evictionPolicy !== 'noeviction') {
        settings.logger.warn(
          { evictionPolicy },
          'Redis may evict whole streams when its memory is full: set maxmemory-policy to noeviction',
        );
      }
      this.#evictionPolicy = evictionPolicy;
    }
  }
}
