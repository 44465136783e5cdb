import { readFile } from 'node:fs/promises';
import { ConfigError, describeSettings } from '@trinetra/env-settings';
import { createKafkaSink } from '@trinetra/kafka-sink';
import { describe, expect, it } from 'vitest';
import { parseConfig, printConfig } from './config.ts';
import { settings } from './settings.ts';

describe('parseConfig', () => {
  it('has the defaults of the design', () => {
    expect(parseConfig({})).toMatchObject({
      REDIS_URL: 'redis://localhost:6379',
      KAFKA_BOOTSTRAP_SERVERS: ['localhost:9092'],
      YOLO_ENGINE_PATH: '/models/yolov8m.engine',
      ARCFACE_ENGINE_PATH: '/models/arcface_r50.engine',
      BATCH_SIZE: 4,
      BATCH_TIMEOUT_MS: 20,
      METRICS_PORT: 8002,
      CONFIDENCE_THRESHOLD: 0.35,
      NMS_IOU_THRESHOLD: 0.45,
      EMBED_SUB_BATCH: 16,
      MAX_FRAME_AGE_MS: null,
      SINK: { kind: 'kafka' },
    });
  });

  it('names all bad values together', () => {
    const parse = (): unknown =>
      parseConfig({ BATCH_SIZE: 'four', REDIS_URL: 'http://x', SINK: 'ndjson:', EMBED_SUB_BATCH: '17' });
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(/REDIS_URL.*\n.*SINK.*\n.*BATCH_SIZE.*\n.*EMBED_SUB_BATCH/);
  });

  it('takes an empty variable as not set', () => {
    expect(parseConfig({ BATCH_SIZE: '', INTRA_OP_THREADS: '' })).toMatchObject({ BATCH_SIZE: 4 });
  });

  it('wants a Kafka user and password together', () => {
    expect(() => parseConfig({ KAFKA_USERNAME: 'u' })).toThrow(/KAFKA_PASSWORD/);
    expect(() => parseConfig({ KAFKA_PASSWORD: 'p' })).toThrow(/KAFKA_USERNAME/);
  });

  it('wants Sentinels and the name of their master together', () => {
    expect(() => parseConfig({ REDIS_SENTINELS: 'a:1' })).toThrow(/REDIS_SENTINEL_MASTER/);
    expect(() => parseConfig({ REDIS_SENTINEL_MASTER: 'm' })).toThrow(/REDIS_SENTINEL/);
    expect(
      parseConfig({ REDIS_SENTINELS: 'a:1, [::1]:2', REDIS_SENTINEL_MASTER: 'm' }).REDIS_SENTINELS,
    ).toEqual([
      { host: 'a', port: 1 },
      { host: '::1', port: 2 },
    ]);
  });

  it.each([
    ['a,b', 'a broker without a port'],
    ['host:99999', 'a port past 65535'],
    ['', 'nothing beside a comma,'],
  ])('refuses %j as brokers: %s', (value) => {
    expect(() => parseConfig({ KAFKA_BOOTSTRAP_SERVERS: `${value},` })).toThrow(/KAFKA_BOOTSTRAP_SERVERS/);
  });

  it('takes IPv6 brokers in brackets', () => {
    const brokers = '[::1]:9092, kafka-2:9092';
    expect(parseConfig({ KAFKA_BOOTSTRAP_SERVERS: brokers }).KAFKA_BOOTSTRAP_SERVERS).toEqual([
      '[::1]:9092',
      'kafka-2:9092',
    ]);
  });

  it.each([
    'kafka-1.example:9092',
    '10.0.0.7:1',
    '[::1]:9092',
    '::1:9092',
    '[kafka]:9092',
    'kafka',
    'kafka:0',
    'kafka:65536',
    'kafka://host:9092',
  ])('takes the broker %s where the sink does', async (broker) => {
    const create = async (): Promise<void> => (await createKafkaSink({ brokers: [broker] })).close();
    const isTaken = await create().then(
      () => true,
      () => false,
    );
    const parse = (): unknown => parseConfig({ KAFKA_BOOTSTRAP_SERVERS: broker }).KAFKA_BOOTSTRAP_SERVERS;
    if (isTaken) expect(parse()).toEqual([broker]);
    else expect(parse).toThrow(/KAFKA_BOOTSTRAP_SERVERS: expected host:port/);
  });

  it.each(['a b', 'x'.repeat(250), '.', '..'])('refuses the topic %j, which Kafka would', (topic) => {
    expect(() => parseConfig({ KAFKA_TOPIC: topic })).toThrow(/KAFKA_TOPIC: expected 1 to 249 letters/);
  });

  it.each([
    ['redis://:s3cret%ss@host:6379', '%25'],
    ['redis://us%er:s3cret@host:6379', '%25'],
    ['redis://user:12#s3cret@host:6379', '%23'],
    ['redis://user:12/s3cret@host:6379', '%2F'],
    ['redis://user:12?s3cret@host:6379', '%3F'],
    ['redis://:s3cret/s@host:6379', '%2F'],
    ['redis://host:6379/main', 'the number of a database'],
    ['redis:s3cret', 'the number of a database'],
  ])('refuses %s without repeating it, and says what to write', (url, advice) => {
    const parse = (): unknown => parseConfig({ REDIS_URL: url });
    expect(parse).toThrow(`REDIS_URL: expected `);
    expect(parse).toThrow(advice);
    expect(parse).not.toThrow('s3cret');
  });

  it.each([
    'redis://:a%25b%2Fc@host',
    'rediss://u:p@[::1]:6380/3',
    'redis://host/',
    'redis://host/0?family=6',
  ])('takes %s', (url) => {
    expect(parseConfig({ REDIS_URL: url }).REDIS_URL).toBe(url);
  });

  it('does not repeat a bad address, which may hold a password', () => {
    expect(() => parseConfig({ REDIS_URL: 'http://:hunter2@host' })).toThrow(/^(?!.*hunter2)/s);
  });
});

describe('printConfig', () => {
  it('masks every secret', () => {
    const text = printConfig({
      REDIS_URL: 'redis://user:hunter2@host:1',
      REDIS_PASSWORD: 'hunter2',
      KAFKA_USERNAME: 'u',
      KAFKA_PASSWORD: 'hunter2',
    });
    expect(text).not.toContain('hunter2');
    expect(text).toContain('REDIS_URL=redis://user:***@host:1');
    expect(printConfig({ REDIS_URL: 'redis://host:1/0?username=u&password=hunter2' })).toContain(
      'REDIS_URL=redis://host:1/0?username=u&password=***\n',
    );
  });
});

describe('describeSettings', () => {
  it('has a line for every variable', () => {
    for (const name of Object.keys(settings)) expect(describeSettings(settings)).toContain(`  ${name} `);
  });
});

describe('the tables in docs/SETTINGS.md', () => {
  it('name every variable with its default', async () => {
    const text = await readFile(new URL('../../../docs/SETTINGS.md', import.meta.url), 'utf8');
    const page = text.replaceAll(/ +/g, ' '); // columns are aligned
    for (const [name, { fallback, help }] of Object.entries(settings)) {
      const shown = fallback === undefined ? '' : `\`${fallback}\``;
      const value = name === 'CONSUMER_NAME' ? 'host name' : shown;
      expect(page).toContain(`| \`${name}\` | ${value} | ${help} |`.replaceAll(/ +/g, ' '));
    }
  });
});
