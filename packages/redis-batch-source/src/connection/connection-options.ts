import { defined } from '@trinetra/contracts';
import { Redis, type RedisOptions } from 'ioredis';
import type { RedisBatchSourceSettings } from '../options.ts';
import type { RedisAddress } from './redis-connection.ts';

/** What tells how to connect. */
export type ConnectionSettings = Pick<
  RedisBatchSourceSettings,
  'redis' | 'commandTimeoutMs' | 'consumerName'
>;

/** TLS as `redis` wants it. */
export function tlsOf(redis: RedisAddress): RedisOptions['tls'] {
  const isEncrypted = new URL(redis.url).protocol === 'rediss:' || redis.tls !== undefined;
  return isEncrypted ? defined({ ca: redis.tls?.ca }) : undefined;
}

/** A connection that is not open yet. */
export function createConnection(settings: ConnectionSettings, nextDelayMs: () => number): Redis {
  const { redis } = settings;
  const own = behaviour(settings, nextDelayMs);
  if (redis.client === undefined) return new Redis({ ...address(redis), ...own });
  return redis.client.duplicate({
    ...own,
    // What a client may have, and would change what commands mean or answer.
    keyPrefix: '',
    stringNumbers: false,
    enableAutoPipelining: false,
    commandTimeout: undefined,
    readOnly: false,
    enableReadyCheck: true,
  });
}

/** Explicit credentials go before the address's. */
function address(redis: RedisAddress): RedisOptions {
  const url = new URL(redis.url);
  const username = redis.username ?? decodeURIComponent(url.username);
  const password = redis.password ?? decodeURIComponent(url.password);
  const database = url.pathname.slice(1);
  const tls = tlsOf(redis);
  return defined({
    ...(redis.sentinel === undefined
      ? { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 6379) }
      : {
          sentinels: redis.sentinel.addresses.map(({ host, port }) => ({ host, port })),
          name: redis.sentinel.master,
          role: 'master' as const,
          sentinelUsername: redis.sentinel.username,
          sentinelPassword: redis.sentinel.password,
          enableTLSForSentinelMode: tls === undefined ? undefined : true,
          sentinelTLS: tls,
        }),
    username: username || undefined,
    password: password || undefined,
    db: database === '' ? undefined : Number(database),
    tls,
  });
}

/** How a connection of ours behaves, wherever it leads to. */
function behaviour(
  { commandTimeoutMs, consumerName }: ConnectionSettings,
  nextDelayMs: () => number,
): RedisOptions & { readonly replyMapping: 'legacy' } {
  return {
    replyMapping: 'legacy',
    // CLIENT SETINFO, which is not known before Redis 7.2 and would be one more right to give.
    disableClientInfo: true,
    lazyConnect: true,
    connectTimeout: commandTimeoutMs,
    // No time-out for a single command: its answer may be large and the link slow, and what a read has leased would be lost with
    // it. A connection from which nothing comes although something is due is given up; what it leased is taken up after that.
    socketTimeout: commandTimeoutMs,
    retryStrategy: nextDelayMs,
    sentinelRetryStrategy: nextDelayMs,
    sentinelCommandTimeout: commandTimeoutMs,
    // A master that became a replica without ending our connection: another address, or Sentinel, knows the new one.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    // A read that waited for the connection, or was sent twice, would lease more than there is room for.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // Commands fail as soon as their connection ends; with null, ioredis forgets them without a word.
    maxRetriesPerRequest: 0,
    connectionName: `trinetra:${consumerName}`.replaceAll(/\s/g, '_'),
  };
}
