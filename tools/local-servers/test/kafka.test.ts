import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs, { type SASLOptions } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { canRunKafka, type LocalKafka, startKafka } from '../src/index.ts';
import { listeningAddresses, loopback, stateOf } from './inspect.ts';

const { Kafka, logLevel } = kafkajs;
const kafkaHere = await canRunKafka();

describe.skipIf(!kafkaHere.ok)('a local Kafka (needs Java, and Maven the first time)', () => {
  let scratch: string;
  let kafka: LocalKafka;

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'local-servers-'));
    vi.stubEnv('TMPDIR', scratch);
    kafka = await startKafka({
      topic: 'events',
      partitions: 3,
      user: { username: 'ann', password: 'right' },
    });
  });
  afterAll(async () => {
    await kafka.close();
    vi.unstubAllEnvs();
    rmSync(scratch, { recursive: true });
  });

  async function partitionsOf(topic: string): Promise<number> {
    const admin = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics[0]?.partitions.length ?? 0;
    } finally {
      await admin.disconnect();
    }
  }

  it('has its topic, and listens at loopback only', async () => {
    expect(kafka.brokers).toEqual([`127.0.0.1:${kafka.port}`]);
    expect(await partitionsOf('events')).toBe(3);
    const addresses = listeningAddresses(kafka.pid);
    expect(addresses.length).toBeGreaterThanOrEqual(2);
    expect(addresses.filter((address) => !loopback.includes(address))).toEqual([]);
  });

  it('is stopped while it is paused, and goes on once it is resumed', async () => {
    kafka.pause();
    await vi.waitFor(() => expect(stateOf(kafka.pid)).toBe('T'), 10_000);
    const answer = partitionsOf('events');
    kafka.resume();
    expect(await answer).toBe(3);
  });

  it.each(['plain', 'scram-sha-256'] as const)(
    'lets its user in by %s, and nobody else',
    async (mechanism) => {
      const connect = async (password: string): Promise<void> => {
        const sasl = { mechanism, username: 'ann', password } as SASLOptions;
        const options = { brokers: kafka.saslBrokers, logLevel: logLevel.NOTHING, retry: { retries: 0 } };
        const admin = new Kafka({ ...options, sasl }).admin();
        await admin.connect().finally(() => admin.disconnect());
      };
      await connect('right');
      await expect(connect('wrong')).rejects.toThrow(/authentication/i);
    },
  );

  it('creates and deletes topics, and bounds what they take', async () => {
    await kafka.createTopic('more', 1);
    expect(await partitionsOf('more')).toBe(1);
    await kafka.setMaxMessageBytes('more', 1000);
    const producer = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING }).producer({
      retry: { retries: 0 },
    });
    await producer.connect();
    const send = (bytes: number): Promise<unknown> =>
      producer.send({ topic: 'more', messages: [{ value: Buffer.alloc(bytes) }] });
    await send(500);
    await expect(send(2000)).rejects.toThrow(/larger than the max/);
    await producer.disconnect();
    await kafka.deleteTopic('more');
    await expect(partitionsOf('more')).rejects.toThrow();
  });

  it('keeps its topic over a kill and a restart', async () => {
    const first = kafka.pid;
    await kafka.kill();
    expect(stateOf(first)).toBeUndefined();
    await kafka.restart();
    expect(kafka.pid).not.toBe(first);
    await vi.waitFor(async () => expect(await partitionsOf('events')).toBe(3), { timeout: 30_000 });
  });

  it('leaves no process and no file after close', async () => {
    const { pid } = kafka;
    expect(readdirSync(scratch).filter((name) => name.startsWith('trinetra-kafka-'))).toHaveLength(1);
    await kafka.close();
    expect(stateOf(pid)).toBeUndefined();
    expect(readdirSync(scratch).filter((name) => name.startsWith('trinetra-kafka-'))).toEqual([]);
  });
});
