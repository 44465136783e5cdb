import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { RedisBatchSourceError } from './errors.ts';
import type { RedisBatchSourceSettings } from './options.ts';

/** What scripts return: numbers, bytes and lists of them. */
export type Reply = number | Buffer | null | readonly Reply[];

/** A reply as a list; an error in our own scripts otherwise. */
export function asList(reply: Reply | undefined): readonly Reply[] {
  if (Array.isArray(reply)) return reply as readonly Reply[];
  throw new TypeError('expected a list from a script of redis-batch-source');
}

export function asNumber(reply: Reply | undefined): number {
  if (typeof reply === 'number') return reply;
  throw new TypeError('expected a number from a script of redis-batch-source');
}

export function asText(reply: Reply | undefined): string {
  if (Buffer.isBuffer(reply)) return reply.toString();
  throw new TypeError('expected text from a script of redis-batch-source');
}

const longestRetryDelayMs = 2000;

/** Exponential from 50 ms to 2 s, with the upper half at random: workers do not come back in step. */
function retryDelayMs(attempt: number): number {
  const ceiling = Math.min(longestRetryDelayMs, 50 * 2 ** Math.min(attempt - 1, 10));
  return Math.round(ceiling * (0.5 + Math.random() / 2));
}

const refusals = /^(WRONGPASS|NOAUTH|NOPERM)\b|invalid username-password pair/;

/** Whether Redis refused the user, the password or the command, which no retry mends. */
export function isAccessError(error: unknown): boolean {
  return error instanceof Error && refusals.test(error.message);
}

/** One connection: retries for ever, runs scripts by their hash, and says what went wrong once, not at each try. */
export class RedisClient {
  readonly #redis: Redis;
  readonly #hashes = new Map<string, string>();
  #lastError: Error | undefined;

  constructor(settings: RedisBatchSourceSettings) {
    const { redis, logger, commandTimeoutMs } = settings;
    this.#redis = new Redis(redis.url, {
      lazyConnect: true,
      connectTimeout: commandTimeoutMs,
      commandTimeout: commandTimeoutMs,
      retryStrategy: retryDelayMs,
      // A read that waited for the connection, or was sent twice, would lease more than there is room for.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: null,
      connectionName: `trinetra:${settings.consumerName}`.replaceAll(/\s/g, '_'),
      ...(redis.username === undefined ? {} : { username: redis.username }),
      ...(redis.password === undefined ? {} : { password: redis.password }),
      ...(redis.tls === undefined ? {} : { tls: redis.tls.ca === undefined ? {} : { ca: redis.tls.ca } }),
    });
    let reported = '';
    this.#redis.on('error', (error: Error) => {
      this.#lastError = error;
      const text = describeError(error);
      if (text !== reported) logger.warn({ error: text }, 'Redis cannot be reached; trying again');
      reported = text;
    });
    this.#redis.on('ready', () => {
      if (reported !== '') logger.info({}, 'Redis is back');
      reported = '';
      this.#lastError = undefined;
    });
  }

  get isReady(): boolean {
    return this.#redis.status === 'ready';
  }

  /** Called after each connection that succeeded. */
  onReady(listener: () => void): void {
    this.#redis.on('ready', listener);
  }

  /** Resolves once commands can be sent, or where `signal` aborts. */
  async whenReady(signal: AbortSignal): Promise<void> {
    if (this.isReady || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (): void => resolve();
    this.#redis.once('ready', done);
    signal.addEventListener('abort', done, { once: true });
    await promise;
    this.#redis.off('ready', done);
    signal.removeEventListener('abort', done);
  }

  /**
   * Tries once; a Redis that is away is tried again in the background.
   *
   * @throws RedisBatchSourceError `access_denied`.
   */
  async connect(): Promise<void> {
    try {
      await this.#redis.connect();
    } catch (error) {
      const cause = this.#lastError ?? error;
      if (isAccessError(cause)) {
        this.#redis.disconnect();
        throw new RedisBatchSourceError(
          'access_denied',
          `Redis refused the connection: ${describeError(cause)}`,
          {
            cause,
          },
        );
      }
    }
  }

  async run(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<Reply> {
    const hash = this.#hashOf(script);
    const rest = [keys.length, ...keys, ...args];
    try {
      return (await this.#redis.callBuffer('EVALSHA', hash, ...rest)) as Reply;
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return (await this.#redis.callBuffer('EVAL', script, ...rest)) as Reply;
    }
  }

  /** All keys of streams that match a glob. */
  async scanStreams(pattern: string): Promise<Set<string>> {
    const keys = new Set<string>();
    let cursor = '0';
    do {
      const [next, page] = await this.#redis.scan(cursor, 'MATCH', pattern, 'COUNT', 1000, 'TYPE', 'stream');
      for (const key of page) keys.add(key);
      cursor = next;
    } while (cursor !== '0');
    return keys;
  }

  /** `major.minor` of the server and, where it may be asked, what it does when its memory is full. */
  async serverFacts(): Promise<{ readonly version: string; readonly evictionPolicy: string | undefined }> {
    const info = await this.#redis.info('server');
    const version = /redis_version:(\d+\.\d+)/.exec(info)?.[1] ?? '0.0';
    const policy = await this.#redis.config('GET', 'maxmemory-policy').catch(() => undefined);
    const evictionPolicy = Array.isArray(policy) && typeof policy[1] === 'string' ? policy[1] : undefined;
    return { version, evictionPolicy };
  }

  close(): void {
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

/** The message of an error and, for the empty ones of dual-stack connects, its code. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  return error.message === '' ? (code ?? error.name) : error.message;
}
