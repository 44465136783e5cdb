import { errorText } from '@trinetra/contracts';
import {
  type Environment,
  parseSettings,
  type RedisServerSettings,
  redisConnection,
  redisServerSettings,
} from '@trinetra/env-settings';
import { Redis } from 'ioredis';
import { invalidOptions, ViewerError } from './errors.ts';

/** How to reach the server at this address, by the variables of the worker. @throws {ViewerError} `invalid_options`. */
export function parseRedisSettings(url: string, env: Environment): RedisServerSettings {
  const given = { ...env, REDIS_URL: url };
  return parseSettings(redisServerSettings, given, (problems) => invalidOptions(problems.join('\n')));
}

/** A connection, which ends when it is disposed of. */
export interface RedisConnection extends Disposable {
  readonly redis: Redis;
  /** @throws {ViewerError} `unreadable` that says where and why, without the password. */
  readonly refuse: (error: unknown) => never;
}

/** @throws {ViewerError} `unreadable`, without the password of the address. */
export async function connectRedis(settings: RedisServerSettings): Promise<RedisConnection> {
  const { protocol, host } = new URL(settings.REDIS_URL);
  let lastError: Error | undefined;
  const refuse = (error: unknown): never => {
    // This error says why the retries failed.
    const isGivenUp = error instanceof Error && error.name === 'MaxRetriesPerRequestError';
    const reason = errorText(isGivenUp ? (lastError ?? error) : error);
    throw new ViewerError('unreadable', `--redis: cannot use ${protocol}//${host}: ${reason}`);
  };
  const { url, sentinel: _, ...credentials } = await redisConnection(settings).catch(refuse);
  const redis = new Redis(url, {
    ...credentials,
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
  return { redis, refuse, [Symbol.dispose]: () => redis.disconnect() };
}
