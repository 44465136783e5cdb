import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { orOnAbort } from '@trinetra/contracts';
import type { Redis } from 'ioredis';
import { RedisBatchSourceError } from '../errors.ts';
import type { RedisBatchSourceSettings } from '../options.ts';
import { AnswerWatch } from './answer-watch.ts';
import { type ConnectionSettings, createConnection, tlsOf } from './connection-options.ts';
import { watchFailovers } from './failover-watch.ts';
import { ReconnectDelay } from './reconnect-delay.ts';
import { describeError, isAccessError } from './redis-errors.ts';
import { missingRights, type Probe } from './rights.ts';

/** What scripts answer where Redis does not say which command it refused. */
const scriptRefusal = /The user executing the script can't|^NOPERM/;

/** One connection: retries for ever, runs scripts by their hash, and says what went wrong once, not at each try. */
export class RedisClient {
  readonly #redis: Redis;
  readonly #probes: readonly Probe[];
  readonly #hashes = new Map<string, string>();
  readonly #delay = new ReconnectDelay();
  readonly #answers = new AnswerWatch();
  #lastError: Error | undefined;
  #heardAt = Number.NEGATIVE_INFINITY;
  #connections = 0;
  #stopWatching: () => void = () => undefined;

  /** @param probes Of every right that its user is going to need. */
  constructor(
    settings: ConnectionSettings & Pick<RedisBatchSourceSettings, 'logger'>,
    probes: readonly Probe[],
  ) {
    const { logger } = settings;
    this.#probes = probes;
    const { redis } = settings;
    this.#redis = createConnection(settings, () => this.#delay.next());
    const { sentinel } = redis;
    if (sentinel !== undefined) {
      const onSwitch = (): void => {
        logger.info({ master: sentinel.master }, 'the Sentinels have named another master');
        // While it connects it asks them anyway, and ioredis would give up for good if it were interrupted then.
        if (this.isReady) this.#redis.disconnect(true);
      };
      this.#stopWatching = watchFailovers({ sentinel, tls: tlsOf(redis), logger, onSwitch });
    }
    let reported = '';
    this.#redis.on('error', (error: Error) => {
      // The command that was refused, and with it the password: errors end up in logs.
      Reflect.deleteProperty(error, 'command');
      this.#lastError = error;
      const text = describeError(error);
      if (text !== reported) logger.warn({ error: text }, 'Redis cannot be reached; trying again');
      reported = text;
    });
    this.#redis.on('ready', () => {
      if (reported !== '') logger.info({}, 'Redis is back');
      reported = '';
      this.#connections += 1;
      this.#lastError = undefined;
      this.#delay.connected();
    });
    this.#redis.on('connect', () => {
      this.#redis.stream.on('data', () => {
        this.#heardAt = performance.now();
      });
    });
  }

  /** For how long an answer is due and no byte comes, ms. While a large reply is on its way, one that waits behind it is late but not missing. */
  get silentMs(): number {
    return Math.min(this.#answers.longestMs(), performance.now() - this.#heardAt);
  }

  get isReady(): boolean {
    return this.#redis.status === 'ready';
  }

  /** How many connections there have been. */
  get connections(): number {
    return this.#connections;
  }

  /** Called after each connection that succeeded. */
  onReady(listener: () => void): void {
    this.#redis.on('ready', listener);
  }

  /** Resolves once commands can be sent, or where `signal` aborts. */
  async whenReady(signal: AbortSignal): Promise<void> {
    if (this.isReady || signal.aborted) return;
    const ready = new Promise<void>((resolve) => this.#redis.once('ready', () => resolve()));
    await orOnAbort(ready, signal, undefined);
  }

  /**
   * Tries once; a Redis that is away is tried again in the background.
   *
   * @throws RedisBatchSourceError `access_denied`.
   */
  async connect(): Promise<void> {
    const firstError = Promise.withResolvers<never>();
    this.#redis.once('error', firstError.reject);
    try {
      // With Sentinels the first try ends only with a connection.
      await Promise.race([this.#redis.connect(), firstError.promise]);
    } catch (error) {
      const cause = this.#lastError ?? error;
      if (isAccessError(cause)) {
        this.close();
        throw new RedisBatchSourceError(
          'access_denied',
          `Redis refused the connection: ${describeError(cause)}`,
          { cause },
        );
      }
    }
  }

  /**
   * Tries once, and does not wait for a Redis that is away.
   *
   * @throws RedisBatchSourceError `access_denied`, `unreachable`.
   */
  async connectOrFail(): Promise<void> {
    await this.connect();
    if (this.isReady) return;
    const cause = this.#lastError;
    this.close();
    const reason = cause === undefined ? 'no connection' : describeError(cause);
    throw new RedisBatchSourceError('unreachable', `Redis cannot be reached: ${reason}`, {
      retryable: true,
      cause,
    });
  }

  /** Runs a script inside Redis. `T` is what it returns: numbers, bytes, and lists of these. */
  async run<T>(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<T> {
    const hash = this.#hashOf(script);
    const rest = [keys.length, ...keys, ...args];
    try {
      const reply = await this.#answers.of(this.#redis.callBuffer('EVALSHA', hash, ...rest));
      this.#delay.served();
      return reply as T;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (scriptRefusal.test(error.message)) throw (await this.findMissingRights(error)) ?? error;
      if (!error.message.startsWith('NOSCRIPT')) throw error;
      return (await this.#answers.of(this.#redis.callBuffer('EVAL', script, ...rest))) as T;
    }
  }

  /** The error that names every right which the user lacks; undefined where nothing is missing. */
  async findMissingRights(cause?: unknown): Promise<RedisBatchSourceError | undefined> {
    const probes = this.#probes;
    const calls = probes.map(({ command: [name, ...args] }) => this.#redis.callBuffer(name, ...args));
    const replies = await this.#answers.of(Promise.allSettled(calls));
    const refused = replies.map((reply) =>
      reply.status === 'rejected' && reply.reason instanceof Error ? reply.reason.message : undefined,
    );
    const missing = missingRights(probes, refused);
    if (missing.length === 0) return undefined;
    return new RedisBatchSourceError(
      'access_denied',
      `Redis refused commands that are needed: give the user ${missing.join(' ')}`,
      { cause },
    );
  }

  /** Some of the keys of streams that match a glob, among about `count` of all keys. `next` is `0` after the last of them. */
  async scanPage(
    pattern: string,
    cursor: string,
    count: number,
  ): Promise<{ readonly next: string; readonly keys: readonly Buffer[] }> {
    const page = ['MATCH', pattern, 'COUNT', count, 'TYPE', 'stream'] as const;
    const [next, keys] = await this.#answers.of(this.#redis.scanBuffer(cursor, ...page));
    return { next: next.toString(), keys };
  }

  /** All keys of streams that match a glob, at once; what is not UTF-8 is no camera, and would come back as another key. */
  async scanStreams(pattern: string): Promise<Set<string>> {
    const found = new Set<string>();
    let cursor = '0';
    do {
      const { next, keys } = await this.scanPage(pattern, cursor, 1000);
      for (const key of keys) if (isUtf8(key)) found.add(key.toString());
      cursor = next;
    } while (cursor !== '0');
    return found;
  }

  /** Asks for something that costs Redis next to nothing. */
  async roundTrip(): Promise<void> {
    await this.#answers.of(this.#redis.time());
  }

  /** `major.minor` of the server, whether it is a node of a Cluster and, where it says so, what it does when its memory is full. */
  async serverFacts(): Promise<{
    readonly version: string;
    readonly isCluster: boolean;
    readonly evictionPolicy: string | undefined;
  }> {
    const info = await this.#answers.of(this.#redis.info());
    const version = /redis_version:(\d+\.\d+)/.exec(info)?.[1] ?? '0.0';
    const evictionPolicy = /maxmemory_policy:([\w-]+)/.exec(info)?.[1];
    return { version, isCluster: info.includes('redis_mode:cluster'), evictionPolicy };
  }

  /** What Redis says where the user may not name one of these keys. */
  async refusalOfKeys(keys: readonly string[]): Promise<string | undefined> {
    try {
      await this.#redis.eval('return 1', keys.length, ...keys);
      return undefined;
    } catch (error) {
      if (isAccessError(error)) return describeError(error);
      throw error;
    }
  }

  /** What Redis says where it takes no new entries because its memory is full; writes nothing. */
  async refusalOfWrite(unusedKey: string): Promise<string | undefined> {
    try {
      await this.#redis.xadd(unusedKey, 'NOMKSTREAM', '*', 'probe', '1');
      return undefined;
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('OOM')) return error.message;
      throw error;
    }
  }

  close(): void {
    this.#stopWatching();
    this.#redis.disconnect();
  }

  #hashOf(script: string): string {
    const known = this.#hashes.get(script);
    if (known !== undefined) return known;
    const hash = createHash('sha1').update(script).digest('hex');
    this.#hashes.set(script, hash);
    return hash;
  }
}
