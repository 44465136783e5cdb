import { defined } from '@trinetra/contracts';
import type { Redis } from 'ioredis';
import { z } from 'zod';

/** Where Redis is, and how to log in. */
export interface RedisAddress {
  /** `redis://` or `rediss://`; user, password and database may be part of it. With Sentinel its host is not used. */
  readonly url: string;
  /** Goes before the user of `url`; so does `password`. */
  readonly username?: string;
  readonly password?: string;
  /** PEM of the authority that signed the server's certificate, where it is a private one. */
  readonly tls?: { readonly ca?: string };
  /** Sentinels that know which server is the master, now and after a failover. */
  readonly sentinel?: {
    readonly addresses: readonly { readonly host: string; readonly port: number }[];
    /** The name under which they monitor it. */
    readonly master: string;
    /** Of the Sentinels themselves. */
    readonly username?: string;
    readonly password?: string;
  };
  readonly client?: undefined;
}

/** A client of ioredis that knows where Redis is. */
export interface RedisByClient {
  /**
   * Its connection is not used: a connection of our own is made like it (`client.duplicate()`), and only that one is closed. Names of
   * streams are whole keys: its `keyPrefix` does not count.
   */
  readonly client: Redis;
  readonly url?: undefined;
  readonly sentinel?: undefined;
}

/** How to reach Redis. */
export type RedisConnection = RedisAddress | RedisByClient;

function isClient(value: unknown): value is Redis {
  if (typeof value !== 'object' || value === null) return false;
  return 'duplicate' in value && 'isCluster' in value && value.isCluster === false;
}

/** The schema of {@link RedisConnection}. */
export const redisConnectionSchema: z.ZodType<RedisConnection> = z
  .strictObject({
    url: z
      .string()
      .refine((url) => URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol), {
        message: 'expected redis://host:port or rediss://host:port',
      })
      .optional(),
    username: z.string().optional(),
    password: z.string().optional(),
    tls: z.strictObject({ ca: z.string().optional() }).transform(defined).optional(),
    sentinel: z
      .strictObject({
        addresses: z
          .array(z.strictObject({ host: z.string().min(1), port: z.number().int().min(1).max(65_535) }))
          .min(1),
        master: z.string().min(1),
        username: z.string().optional(),
        password: z.string().optional(),
      })
      .transform(defined)
      .optional(),
    client: z.custom<Redis>(isClient, 'expected a client of ioredis, not one of a cluster').optional(),
  })
  .transform(({ client, url, ...given }, context): RedisConnection => {
    const more = defined(given);
    if (client === undefined && url !== undefined) return { url, ...more };
    if (client !== undefined && url === undefined && Object.keys(more).length === 0) return { client };
    context.addIssue('expected a url, or a client and nothing else');
    return z.NEVER;
  });
