import { defined, errorText, type Logger } from '@trinetra/contracts';
import { Redis, type RedisOptions } from 'ioredis';
import type { RedisBatchSourceSettings } from '../options.ts';
import { ReconnectDelay } from './reconnect-delay.ts';

/** Options of {@link watchFailovers}. */
export interface FailoverWatchOptions {
  readonly sentinel: NonNullable<RedisBatchSourceSettings['redis']['sentinel']>;
  readonly tls: RedisOptions['tls'];
  readonly logger: Logger;
  /** The Sentinels have named another master. */
  readonly onSwitch: () => void;
}

/**
 * Listens to the Sentinels: a master that they demoted may answer for ten seconds more, and what it takes is lost. As ioredis's
 * failoverDetector, which however writes to stderr for ever where one Sentinel is down.
 *
 * @returns what ends it.
 */
export function watchFailovers({ sentinel, tls, logger, onSwitch }: FailoverWatchOptions): () => void {
  const { addresses, master, username, password } = sentinel;
  const clients = addresses.map(({ host, port }) => {
    const delay = new ReconnectDelay();
    const client = new Redis({
      ...defined({ username, password, tls }),
      replyMapping: 'legacy',
      host,
      port,
      retryStrategy: () => delay.next(),
      maxRetriesPerRequest: null,
      enableReadyCheck: false,
      disableClientInfo: true,
    });
    client.on('ready', () => delay.connected());
    // Another Sentinel may be there; that none is says the connection to the master itself.
    client.on('error', (error) => logger.debug({ error: error.message, host, port }, 'a Sentinel is away'));
    client.on('message', (_channel, message) => {
      if (message.split(' ')[0] === master) onSwitch();
    });
    client
      .subscribe('+switch-master')
      .catch((error: unknown) => logger.debug({ error: errorText(error) }, 'a Sentinel is not listened to'));
    return client;
  });
  return () => {
    for (const client of clients) client.disconnect();
  };
}
