import { canRunKafka, type LocalKafka, startKafka } from '@trinetra/local-servers';
import { runReadmeExample } from '@trinetra/test-support';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it, vi } from 'vitest';
import {
  createKafkaClient,
  createKafkaSink,
  type DetectionSink,
  type KafkaMessageSinkOptions,
  KafkaSinkError,
  type MessageSink,
} from '../src/index.ts';

interface Transcript {
  readonly microphone: string;
  readonly text: string;
}

const available = await canRunKafka();
const topic = 'transcripts';
const ok = { ok: true, truncatedEmbeddings: 0 };
const said = (microphone: string, text: string): Transcript => ({ microphone, text });
const format = {
  key: ({ microphone }: Transcript) => microphone,
  encode: ({ text }: Transcript) => ({ value: text, headers: { kind: 'speech' } }),
};

/** An unsigned token, which the listener of `startKafka` takes. */
function tokenOf(user: string, validForMs: number): { readonly value: string } {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const [iat, exp] = [Date.now() / 1000 - 60, (Date.now() + validForMs) / 1000];
  return { value: `${part({ alg: 'none' })}.${part({ sub: user, iat, exp })}.` };
}

describe.skipIf(!available.ok)('messages of their own and a real Kafka (needs Java and Maven)', () => {
  let kafka: LocalKafka;
  beforeAll(async () => {
    kafka = await startKafka({ topic, user: { username: 'ears', password: 'unused' } });
  });
  afterAll(() => kafka?.close());

  const connect = (options: Partial<KafkaMessageSinkOptions<Transcript>> = {}) =>
    createKafkaSink({ brokers: kafka.brokers, topic, retryBackoffMs: 20, ...format, ...options });

  /** All messages of the topic whose key begins with a text, once there are so many. */
  async function readBack(prefix: string, count: number) {
    const consumer = createKafkaClient({ brokers: kafka.brokers, logLevel: 0 }).consumer({
      groupId: `reader-${crypto.randomUUID()}`,
    });
    const found: { key: string; value: string | undefined; kind: string | undefined; partition: number }[] =
      [];
    await consumer.connect();
    try {
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({
        eachMessage: async ({ partition, message: { key, value, headers } }) => {
          const of = String(key);
          const kind = headers?.['kind']?.toString();
          if (of.startsWith(prefix)) found.push({ key: of, value: value?.toString(), kind, partition });
        },
      });
      await vi.waitUntil(() => found.length >= count, { timeout: 20_000, interval: 10 });
    } finally {
      await consumer.disconnect();
    }
    return found;
  }

  it('publishes them in order under their keys, as they were encoded', async () => {
    const sink = await connect();
    expectTypeOf(sink).toEqualTypeOf<MessageSink<Transcript>>();
    const texts = Array.from({ length: 30 }, (_, at) => `${at}`);
    const writes = texts.map((text) => sink.write([said('order-a', text), said('order-b', text)]));
    expect((await Promise.all(writes)).flat()).toEqual(Array(60).fill(ok));
    await sink.close();
    const found = await readBack('order-', 60);
    for (const key of ['order-a', 'order-b']) {
      const own = found.filter((message) => message.key === key);
      expect(own.map(({ value }) => value)).toEqual(texts);
      expect(new Set(own.map(({ partition }) => partition)).size).toBe(1);
    }
    expect(new Set(found.map(({ kind }) => kind))).toEqual(new Set(['speech']));
  });

  it('writes bytes and tombstones', async () => {
    const sink = await connect({
      encode: ({ text }) => ({ value: text === '' ? null : new TextEncoder().encode(text) }),
    });
    expect(await sink.write([said('bytes', 'äö'), said('bytes', '')])).toEqual([ok, ok]);
    await sink.close();
    expect((await readBack('bytes', 2)).map(({ value }) => value)).toEqual(['äö', undefined]);
  });

  it('fails only the message that cannot be encoded, has no key, or is too large', async () => {
    const sink = await connect({
      maxMessageBytes: 1000,
      key: ({ microphone }) => {
        if (microphone === '') throw new Error('no microphone');
        return microphone === 'none' ? (undefined as unknown as string) : microphone;
      },
      encode: ({ text }) => ({ value: text === 'odd' ? JSON.stringify(1n) : text }),
    });
    const results = await sink.write([
      said('own-fault', 'odd'),
      said('', 'a'),
      said('none', 'b'),
      said('own-fault', 'ä'.repeat(501)),
      said('own-fault', 'fine'),
    ]);
    expect(results).toMatchObject([
      { reason: 'invalid', message: expect.stringContaining('BigInt') },
      { reason: 'invalid', message: expect.stringContaining('no microphone') },
      { reason: 'invalid', message: expect.stringContaining('key(): expected a text') },
      { reason: 'too_large', message: 'Expected at most 1000 bytes but the message has 1002' },
      ok,
    ]);
    expect(await sink.isHealthy()).toBe(true);
    await sink.close();
  });

  it('says what a broker has against a token, and what went wrong where there is none', async () => {
    const withTokens = (oauthBearerProvider: () => Promise<{ readonly value: string }>) =>
      connect({
        brokers: kafka.saslBrokers,
        sasl: { mechanism: 'oauthbearer', oauthBearerProvider },
        retries: 0,
        breaker: { probeIntervalMs: 20 },
      });
    const expired = await withTokens(async () => tokenOf('ears', -1000));
    expect(await expired.write([said('token', 'late')])).toMatchObject([
      { reason: 'refused', message: expect.stringMatching(/^Kafka refused the token: .*invalid_token/) },
    ]);
    await expired.close();
    let token = (): { readonly value: string } => {
      throw new Error('the token server is away');
    };
    const provider = vi.fn(async () => token());
    const sink = await withTokens(provider);
    expect(await sink.write([said('token', 'early')])).toMatchObject([
      { reason: 'unknown', message: expect.stringContaining('the token server is away') },
    ]);
    token = () => tokenOf('ears', 60_000);
    await vi.waitFor(async () => expect(await sink.write([said('token', 'now')])).toEqual([ok]), 10_000);
    const asked = provider.mock.calls.length;
    expect(await sink.write([said('token', 'again')])).toEqual([ok]);
    expect(provider).toHaveBeenCalledTimes(asked); // the connections are open
    await sink.close();
    expect((await readBack('token', 2)).map(({ value }) => value)).toEqual(['now', 'again']);
  });

  it('is made as the README shows', async () => {
    const env = { KAFKA_BOOTSTRAP_SERVERS: kafka.brokers.join(), TOPIC: topic };
    const printed = await runReadmeExample(new URL('../', import.meta.url), { env, example: 2 });
    expect(printed).toBe('[ { ok: true, truncatedEmbeddings: 0 } ]');
  });
});

it('has the type of a detection sink without them', async () => {
  const sink = await createKafkaSink({ brokers: ['localhost:9'], retries: 0 });
  expectTypeOf(sink).toEqualTypeOf<DetectionSink>();
  // @ts-expect-error: a transcript is no detection event
  expect(await sink.write([said('a', 'b')])).toMatchObject([{ ok: false }]);
  await sink.close();
});

it.each([
  ['a key alone', { key: format.key }, /^key, encode: expected both/],
  ['an encoder alone', { encode: format.encode }, /^key, encode: expected both/],
  ['a text for an encoder', { ...format, encode: 'json' }, /^encode: expected a function/],
  ['a trace beside them', { ...format, traceContextOf: () => undefined }, /^traceContextOf: expected none/],
  [
    'a provider that is no function',
    { sasl: { mechanism: 'oauthbearer' } },
    /^sasl\.oauthBearerProvider: expected a function/,
  ],
])('refuses %s', async (_, wrong, message) => {
  const options = { brokers: ['localhost:9092'], ...wrong } as unknown as KafkaMessageSinkOptions<Transcript>;
  const error: unknown = await createKafkaSink(options).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(KafkaSinkError);
  expect(error).toMatchObject({ code: 'invalid_options', message: expect.stringMatching(message) });
});
