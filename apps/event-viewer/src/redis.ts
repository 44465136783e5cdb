import { readFile } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { reasonOf, ViewerError } from './errors.ts';
import type { Environment } from './option-schemas.ts';

export interface RedisOptions {
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly caFile?: string | undefined;
}

/** The address, and the variables of the worker that go with it. */
export function redisOptions(url: string, env: Environment): RedisOptions {
  const variable = (name: string): string | undefined => env[name] || undefined;
  const [username, password] = [variable('REDIS_USERNAME'), variable('REDIS_PASSWORD')];
  return { url, username, password, caFile: variable('REDIS_CA_FILE') };
}

/** A connection, to be closed with `disconnect`. */
export interface RedisConnection {
  readonly redis: Redis;
  /** @throws {ViewerError} `unreadable` that says where and why, without the password. */
  readonly refuse: (error: unknown) => never;
}

/** @throws {ViewerError} `unreadable`, without the password of the address. */
export async function connectRedis(options: RedisOptions): Promise<RedisConnection> {
  const { url, username, password, caFile } = options;
  const { protocol, host } = new URL(url);
  let lastError: Error | undefined;
  const refuse = (error: unknown): never => {
    // Which says why the retries failed.
    const isGivenUp = error instanceof Error && error.name === 'MaxRetriesPerRequestError';
    const reason = reasonOf(isGivenUp ? (lastError ?? error) : error);
    throw new ViewerError('unreadable', `--redis: cannot use ${protocol}//${host}: ${reason}`);
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
  return { redis, refuse };
}
