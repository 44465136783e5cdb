import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { pause } from '@trinetra/contracts';
import type { RedisClient } from '../connection/redis-client.ts';
import { describeError, isAccessError } from '../connection/redis-errors.ts';
import type { RedisBatchSourceSettings } from '../options.ts';
import { registerName } from '../scripts/register-name.ts';
import { nameLeaseMs, registryKey } from '../scripts/registry.ts';

/** How often a worker says that it lives: four times while its name is taken. */
const beatMs = 500;
/** How often it asks while it does not know its name. */
const askMs = 100;
/** What an ACL line must hold for it. */
const rights = `~${registryKey} +hgetall +hset +hdel`;

/**
 * The name under which this consumer reads, which no other living one has, and what tells other groups that ours is there.
 *
 * Whoever comes to a name that is taken waits. A holder that says meanwhile that he lives keeps it, and the newcomer reads under the
 * name with `-2`, or the next that is free. One that died is silent, and after {@link nameLeaseMs} the name and its frames are the
 * newcomer's. A holder that was taken for dead, as after a pause, takes another name too once he is back.
 */
export class WorkerRegistry {
  readonly #client: RedisClient;
  readonly #settings: RedisBatchSourceSettings;
  readonly #about: string;
  #name: string;
  #suffix = 1;
  /** Whether the name is ours, as far as can be known. */
  #isKnown = false;
  #onKnown: () => void = () => undefined;
  /** What the registry said of the holder of our name when it was last asked. */
  #holder = '';
  #refused = false;
  #reported = '';

  constructor(client: RedisClient, settings: RedisBatchSourceSettings) {
    this.#client = client;
    this.#settings = settings;
    this.#name = settings.consumerName;
    // The part before the first wildcard: streams that begin so may be read by this group.
    const prefix = /^[^*?[\\]*/.exec(settings.streamPattern)?.[0] ?? '';
    this.#about = JSON.stringify({ prefix, host: hostname(), pid: process.pid, id: randomUUID() });
    client.onReady(() => {
      this.#isKnown = false;
      this.#refused = false;
    });
  }

  /** Final once {@link isKnown}, until the next reconnect. */
  get name(): string {
    return this.#name;
  }

  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** The key for scripts; empty where the user may not have it. */
  get key(): string {
    return this.#refused ? '' : registryKey;
  }

  /** Keeps the name, or finds one, until `signal` aborts. @param onKnown Called each time that the name becomes known. */
  async keep(signal: AbortSignal, onKnown: () => void): Promise<void> {
    this.#onKnown = onKnown;
    while (!signal.aborted) {
      if (this.#client.isReady && !this.#refused) await this.#beat();
      await pause(this.#isKnown ? beatMs : askMs, signal);
    }
  }

  /** Gives the name back: whoever comes next has it at once. */
  async leave(): Promise<void> {
    if (this.#isKnown && !this.#refused) await this.#register(this.#name, 0);
  }

  async #beat(): Promise<void> {
    try {
      const holder = await this.#register(this.#name, nameLeaseMs);
      if (holder === '') this.#take();
      // The same holder as before, who has said again that he lives; one who came while we were silent has, too.
      else if (this.#isKnown || (this.#holder !== '' && this.#holder !== holder)) await this.#makeWay(holder);
      this.#holder = holder;
      this.#reported = '';
    } catch (error) {
      this.#goOnWithout(error);
    }
  }

  async #makeWay(holder: string): Promise<void> {
    const { consumerName, logger } = this.#settings;
    const { host, pid } = JSON.parse(holder.slice(holder.indexOf(' ') + 1));
    const taken = this.#name;
    this.#isKnown = false;
    do {
      this.#suffix += 1;
      this.#name = `${consumerName}-${this.#suffix}`;
    } while ((await this.#register(this.#name, nameLeaseMs)) !== '');
    logger.warn(
      { consumerName: taken, holder: { host, pid }, now: this.#name },
      'another living worker has this name and keeps it: this one reads under another; give each worker its own CONSUMER_NAME',
    );
    this.#take();
  }

  #take(): void {
    if (this.#isKnown) return;
    this.#isKnown = true;
    this.#onKnown();
  }

  /** Without the right, or in a Redis that takes no writes, the name is believed, as it was before there was a registry. */
  #goOnWithout(error: unknown): void {
    const { logger } = this.#settings;
    const text = describeError(error);
    if (isAccessError(error)) {
      this.#refused = true;
      const what = 'two workers of one name, and groups that have not seen a stream yet, go unnoticed';
      if (text !== this.#reported) logger.warn({ error: text }, `${what}: give the user ${rights}`);
    } else {
      if (!this.#client.isReady) return;
      if (text !== this.#reported)
        logger.warn({ error: text }, 'the name could not be registered in Redis; trying again');
    }
    this.#reported = text;
    this.#take();
  }

  #register(name: string, leaseMs: number): Promise<string> {
    const group = this.#settings.consumerGroup;
    return registerName(this.#client, { group, name, about: this.#about, leaseMs });
  }
}
