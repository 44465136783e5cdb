import { readFile } from 'node:fs/promises';
import { defined } from '@trinetra/contracts';
import { z } from 'zod';
import { hostPorts } from './host-ports.ts';
import { authorityProblem } from './named-files.ts';
import { optional, type Parser } from './parsers.ts';
import { optionalSetting, type SettingsOf, secret, setting } from './setting.ts';

/** What is wrong with an address of Redis, in words that repeat nothing of it; null: nothing. */
function redisUrlProblem(value: string): string | null {
  const address = 'expected an address like redis://host:6379 or rediss://host:6379';
  if (!URL.canParse(value)) return `${address}, with / # ? and % of a password as %2F %23 %3F and %25`;
  const { protocol, username, password, pathname, search, hash } = new URL(value);
  if (!['redis:', 'rediss:'].includes(protocol)) return address;
  try {
    decodeURIComponent(username + password);
  } catch {
    return 'expected %25 in place of each % in its user and password, or the password in REDIS_PASSWORD as it is';
  }
  if (`${pathname}${search}${hash}`.includes('@')) {
    return 'expected %2F, %23 and %3F in place of each /, # and ? in its user and password';
  }
  // `/` alone is no database, as nothing is.
  if (/^(\/\d{0,9})?$/.test(pathname)) return null;
  return 'expected the number of a database after its host, like /0, or nothing';
}

/** An address of Redis; its messages do not repeat it. */
export const redisUrl: Parser<string> = z.string().transform((value, context) => {
  const problem = redisUrlProblem(value);
  if (problem === null) return value;
  context.addIssue(problem);
  return z.NEVER;
});

/** How to reach one server. */
export const redisServerSettings = {
  REDIS_URL: setting(redisUrl, 'Redis; rediss:// for TLS', 'redis://localhost:6379', {
    also: ['REDIS_ADDR', 'REDIS_ADDRESS', 'REDIS_HOST'],
  }),
  REDIS_USERNAME: optionalSetting('Redis ACL user', { also: ['REDIS_USER'] }),
  REDIS_PASSWORD: secret('Redis password', { also: ['REDIS_PASS'] }),
  REDIS_CA_FILE: optionalSetting('PEM file of the authority that signed the certificate of Redis', {
    check: authorityProblem,
  }),
};

/** How to reach a server, or the master that Sentinels know. */
export const redisSettings = {
  ...redisServerSettings,
  REDIS_SENTINELS: setting(
    optional(hostPorts),
    'Sentinels, comma separated host:port; the host of REDIS_URL is not used then',
  ),
  REDIS_SENTINEL_MASTER: optionalSetting('name of the master that the Sentinels monitor', {
    rule: ({ REDIS_SENTINELS: addresses, REDIS_SENTINEL_MASTER: master }) =>
      (addresses === undefined) === (master === undefined)
        ? null
        : 'expected it together with REDIS_SENTINELS but received one of them',
  }),
  REDIS_SENTINEL_USERNAME: optionalSetting('ACL user of the Sentinels'),
  REDIS_SENTINEL_PASSWORD: secret('password of the Sentinels'),
};

/** Values of {@link redisServerSettings}. */
export type RedisServerSettings = SettingsOf<typeof redisServerSettings>;

/** How to reach Redis: what `redis` of redis-batch-source is. */
export interface RedisConnection {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** PEM of the authority. */
  readonly tls?: { readonly ca: string };
  readonly sentinel?: {
    readonly addresses: readonly { readonly host: string; readonly port: number }[];
    readonly master: string;
    readonly username?: string;
    readonly password?: string;
  };
}

/** Makes options of the values. @throws what reading the file of the authority throws. */
export async function redisConnection(
  values: RedisServerSettings & Partial<SettingsOf<typeof redisSettings>>,
): Promise<RedisConnection> {
  const { REDIS_CA_FILE: caFile, REDIS_SENTINELS: addresses, REDIS_SENTINEL_MASTER: master } = values;
  const sentinelUser = defined({
    username: values.REDIS_SENTINEL_USERNAME,
    password: values.REDIS_SENTINEL_PASSWORD,
  });
  return defined({
    url: values.REDIS_URL,
    username: values.REDIS_USERNAME,
    password: values.REDIS_PASSWORD,
    tls: caFile === undefined ? undefined : { ca: await readFile(caFile, 'utf8') },
    sentinel:
      addresses === undefined || master === undefined ? undefined : { addresses, master, ...sentinelUser },
  });
}
