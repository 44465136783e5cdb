import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kafkaSecurity, kafkaSettings } from './kafka-settings.ts';
import { parseSettings } from './parse-settings.ts';
import { redisConnection, redisServerSettings, redisSettings } from './redis-settings.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-settings-'));
  await writeFile(join(folder, 'ca.pem'), 'PEM');
});
afterAll(() => rm(folder, { recursive: true }));

const errorOf = (problems: readonly string[]): Error => new Error(problems.join('\n'));
type Env = Readonly<Record<string, string>>;
const redis = (env: Env) => redisConnection(parseSettings(redisSettings, env, errorOf));
const kafka = (env: Env) => kafkaSecurity(parseSettings(kafkaSettings, env, errorOf));

it('makes options of the settings of Redis, with nothing that is not set', async () => {
  expect(await redis({})).toStrictEqual({ url: 'redis://localhost:6379' });
  const server = { REDIS_USERNAME: 'me', REDIS_PASSWORD: 'hush', REDIS_CA_FILE: join(folder, 'ca.pem') };
  expect(await redisConnection(parseSettings(redisServerSettings, server, errorOf))).toStrictEqual({
    url: 'redis://localhost:6379',
    username: 'me',
    password: 'hush',
    tls: { ca: 'PEM' },
  });
});

it('makes options of the Sentinels', async () => {
  const env = { REDIS_SENTINELS: 'a:1,[::1]:2', REDIS_SENTINEL_MASTER: 'm', REDIS_SENTINEL_PASSWORD: 'hush' };
  expect((await redis(env)).sentinel).toStrictEqual({
    addresses: [
      { host: 'a', port: 1 },
      { host: '::1', port: 2 },
    ],
    master: 'm',
    password: 'hush',
  });
});

it('makes options of the settings of Kafka', async () => {
  expect(await kafka({ KAFKA_SASL_MECHANISM: 'plain' })).toStrictEqual({ ssl: false });
  expect(await kafka({ KAFKA_TLS: 'on' })).toStrictEqual({ ssl: true });
  const user = { KAFKA_USERNAME: 'me', KAFKA_PASSWORD: 'hush' };
  expect(await kafka({ KAFKA_CA_FILE: join(folder, 'ca.pem'), ...user })).toStrictEqual({
    ssl: { ca: ['PEM'] },
    sasl: { mechanism: 'plain', username: 'me', password: 'hush' },
  });
});
