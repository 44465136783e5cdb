import { setTimeout as delay } from 'node:timers/promises';
import {
  canRunKafka,
  keysOf,
  type LocalKafkaCluster,
  startKafka,
  startKafkaCluster,
} from '@trinetra/local-servers';
import { isFullRun, variants } from '@trinetra/test-support';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createKafkaSink, createPublisher } from '../src/index.ts';
import { detectionEvent } from './events.ts';
import { readBack } from './read-back.ts';

const available = await canRunKafka();
const ok = { ok: true, truncatedEmbeddings: 0 };

/** Resolves once the cluster has noticed that a partition has no leader. */
async function noLeader(brokers: readonly string[], topic: string): Promise<void> {
  const { Kafka, logLevel } = kafkajs;
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin({
    retry: { retries: 0 },
  });
  await admin.connect();
  const ask = (): Promise<unknown> => admin.fetchTopicMetadata({ topics: [topic] });
  await vi.waitFor(() => expect(ask()).rejects.toThrow('no leader'), 20_000);
  await admin.disconnect();
}

/** The tests share a cluster, and each leaves it whole. */
describe.skipIf(!available.ok)('a sink and three brokers of which one fails (needs Java and Maven)', () => {
  let kafka: LocalKafkaCluster;
  beforeAll(async () => {
    kafka = await startKafkaCluster();
    // A controller that has just started gives no producer ids for a moment.
    const { Kafka, logLevel } = kafkajs;
    const producer = new Kafka({ brokers: kafka.brokers, logLevel: logLevel.NOTHING }).producer({
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    await producer.disconnect();
  });
  afterAll(() => kafka?.[Symbol.asyncDispose]());

  it.each(
    variants([
      ['hangs', 'pause', 'resume'],
      ['is killed', 'kill', 'restart'],
    ] as const),
  )(
    'serves the partitions that a broker is not needed for while it %s, sends only the others again, and none twice',
    async (_, fail, mend) => {
      const topic = `assigned-${fail}`;
      await kafka.createTopic(
        topic,
        [
          [1, 2],
          [1, 3],
          [2, 1],
        ],
        { 'min.insync.replicas': '2' },
      );
      await using sink = await createKafkaSink({ brokers: kafka.brokers, topic, acks: -1 });
      const publisher = createPublisher({ sink });
      const cameras = keysOf(3);
      const gaps = [0, 0, 0];
      const delivered = [performance.now(), performance.now(), performance.now()];
      const results: Promise<unknown>[] = [];
      let frames = 0;
      const writeUntil = async (done: () => boolean | Promise<boolean>): Promise<void> => {
        while (!(await done())) {
          const events = cameras.map((camera) => detectionEvent(camera, frames, 1));
          frames += 1;
          const deliveries = await publisher.publish(events);
          for (const [index, { result }] of deliveries.entries()) {
            const settled = Promise.resolve(result).then((one) => {
              const now = performance.now();
              gaps[index] = Math.max(gaps[index] ?? 0, now - (delivered[index] ?? now));
              delivered[index] = now;
              return one;
            });
            results.push(settled);
          }
          await delay(20);
        }
      };
      const ready = Promise.all(cameras.map((camera) => sink.write([detectionEvent(camera, -1)])));
      expect((await ready).flat()).toEqual([ok, ok, ok]);
      await writeUntil(() => frames >= 50);
      gaps.fill(0);
      await kafka.broker(3)[fail]();
      const failedAt = performance.now();
      // It names the partition, and no other, before and after the cluster has noticed.
      let named: readonly number[] | undefined;
      await writeUntil(async () => {
        const problem = await sink.problem();
        named ??= problem?.partitions;
        return performance.now() - failedAt > 8000 && named !== undefined;
      });
      expect(named).toEqual([1]);
      expect(await sink.problem()).toMatchObject({ reason: 'unreachable', partitions: [1] });
      const healthyGaps = [gaps[0], gaps[2]];
      await kafka.broker(3)[mend]();
      await vi.waitUntil(() => publisher.stats().events === 0, { timeout: 30_000, interval: 50 });
      expect(await Promise.all(results)).toEqual(results.map(() => ok));
      await vi.waitUntil(async () => (await sink.problem()) === null, { timeout: 10_000, interval: 50 });
      for (const gap of healthyGaps) expect(gap).toBeLessThan(2000);
      expect(await kafka.messageCounts(topic)).toEqual([frames + 1, frames + 1, frames + 1]);
      const messages = await readBack(kafka.brokers, topic, (all) => all.length === 3 * (frames + 1));
      for (const camera of cameras) {
        const order = messages.filter(({ cameraId }) => cameraId === camera).map(({ frameId }) => frameId);
        expect(order).toEqual(Array.from({ length: frames + 1 }, (__, index) => `${index - 1}-0`));
      }
    },
  );

  it('serves the partitions that have a leader where another has none, also where it starts then', async () => {
    const topic = 'single';
    await kafka.createTopic(topic, [[1], [2], [3]]);
    const cameras = keysOf(3);
    const writeAll = (sink: Awaited<ReturnType<typeof createKafkaSink>>, frame: number): Promise<unknown[]> =>
      Promise.all(cameras.map((camera) => sink.write([detectionEvent(camera, frame)])));
    await using sink = await createKafkaSink({ brokers: kafka.brokers, topic, retries: 1 });
    expect((await writeAll(sink, 0)).flat()).toEqual([ok, ok, ok]);
    await kafka.broker(3).kill();
    try {
      await noLeader(kafka.brokers, topic);
      await using late = await createKafkaSink({ brokers: kafka.brokers, topic, retries: 1 });
      for (const one of [sink, late]) {
        expect(await writeAll(one, 1)).toMatchObject([[ok], [ok], [{ ok: false, reason: 'unreachable' }]]);
        expect(await one.problem()).toMatchObject({ partitions: [2] });
      }
    } finally {
      await kafka.broker(3).restart();
    }
    await vi.waitFor(
      async () => {
        expect((await writeAll(sink, 2)).flat()).toEqual([ok, ok, ok]);
        expect(await sink.isHealthy()).toBe(true);
      },
      { timeout: 20_000, interval: 20 },
    );
  });

  it('writes each event once and in order while leaders are killed in turn, and goes on', async () => {
    const topic = 'rolling';
    await kafka.createTopic(
      topic,
      [
        [2, 3, 1],
        [3, 1, 2],
        [1, 2, 3],
      ],
      { 'min.insync.replicas': '2' },
    );
    await using sink = await createKafkaSink({ brokers: kafka.brokers, topic, acks: -1 });
    const publisher = createPublisher({ sink });
    const cameras = keysOf(3);
    const results: Promise<unknown>[] = [];
    let frames = 0;
    let writing = true;
    const write = async (): Promise<void> => {
      for (; writing; frames += 1) {
        const events = cameras.map((camera) => detectionEvent(camera, frames, 1));
        for (const { result } of await publisher.publish(events)) results.push(Promise.resolve(result));
        await delay(10);
      }
    };
    const written = write();
    for (const id of variants([2, 3, 2], 2)) {
      const before = results.length;
      await vi.waitUntil(() => results.length > before + 150, { timeout: 20_000 });
      await kafka.broker(id).kill();
      await vi.waitUntil(() => publisher.stats().events > 0, { timeout: 20_000 });
      // Another broker leads its partitions, or it does so itself again.
      await kafka.broker(id).restart();
      await vi.waitUntil(() => publisher.stats().events === 0, { timeout: 30_000, interval: 20 });
    }
    writing = false;
    await written;
    expect(await Promise.all(results)).toEqual(results.map(() => ok));
    const messages = await readBack(kafka.brokers, topic, (all) => all.length >= 3 * frames);
    for (const camera of cameras) {
      const order = messages.filter(({ cameraId }) => cameraId === camera).map(({ frameId }) => frameId);
      expect(order).toEqual(Array.from({ length: frames }, (_, index) => `${index}-0`));
    }
  });

  it('writes an event once that comes again after its request was given up, though others came between', async () => {
    const topic = 'in-doubt';
    await kafka.createTopic(topic, [[2]]);
    const options = {
      requestTimeoutMs: 300,
      connectionTimeoutMs: 200,
      retries: 0,
      breaker: { probeIntervalMs: 50 },
    };
    await using sink = await createKafkaSink({ brokers: kafka.brokers, topic, ...options });
    const [doubtful, other] = [detectionEvent('a', 1), detectionEvent('b', 1)];
    expect(await sink.write([detectionEvent('a', 0)])).toEqual([ok]);
    kafka.broker(2).pause();
    expect(await sink.write([doubtful])).toMatchObject([{ ok: false, reason: 'unreachable' }]);
    kafka.broker(2).resume();
    for (const event of [other, doubtful, detectionEvent('a', 2)]) {
      await vi.waitFor(async () => expect(await sink.write([event])).toEqual([ok]), {
        timeout: 20_000,
        interval: 20,
      });
    }
    const written = (await readBack(kafka.brokers, topic, (all) => all.at(-1)?.frameId === '2-0')).map(
      ({ cameraId, frameId }) => `${cameraId} ${frameId}`,
    );
    expect(written.toSorted()).toEqual(['a 0-0', 'a 1-0', 'a 2-0', 'b 1-0']);
  });

  it.runIf(isFullRun)(
    'goes on under another producer id where a new leader has lost what the old one had',
    async () => {
      const topic = 'unclean';
      await kafka.createTopic(topic, [[2, 3]], { 'unclean.leader.election.enable': 'true' });
      await using sink = await createKafkaSink({ brokers: kafka.brokers, topic });
      const write = (frame: number): Promise<unknown[]> => sink.write([detectionEvent('cam', frame)]);
      expect(await write(0)).toEqual([ok]);
      await readBack(kafka.brokers, topic, (all) => all.length === 1); // both replicas have it, and know the producer
      await kafka.broker(3).kill();
      for (let frame = 1; frame < 10; frame += 1) expect(await write(frame)).toEqual([ok]);
      await kafka.broker(2).kill();
      await kafka.broker(3).restart();
      await vi.waitFor(async () => expect(await write(10)).toEqual([ok]), { timeout: 30_000, interval: 50 });
      expect(await write(11)).toEqual([ok]);
      await kafka.broker(2).restart();
      const ids = (
        await readBack(kafka.brokers, topic, (all) => all.some(({ frameId }) => frameId === '11-0'))
      ).map(({ frameId }) => frameId);
      expect(ids.slice(-2)).toEqual(['10-0', '11-0']);
      expect(await sink.isHealthy()).toBe(true);
    },
  );

  it('uses partitions that are added soon, and says so once', async () => {
    const topic = 'growing';
    await kafka.createTopic(topic, [[1], [2], [3]]);
    const warn = vi.fn();
    const logger = { debug: vi.fn(), info: vi.fn(), warn, error: vi.fn() };
    await using sink = await createKafkaSink({
      brokers: kafka.brokers,
      topic,
      metadataMaxAgeMs: 200,
      logger,
    });
    const cameras = keysOf(8);
    const writeAll = (frame: number): Promise<unknown[]> =>
      Promise.all(cameras.map((camera) => sink.write([detectionEvent(camera, frame)])));
    await writeAll(0);
    await kafka.addPartitions(topic, 8);
    let frame = 1;
    await vi.waitFor(
      async () => {
        expect((await writeAll(frame++)).flat()).toEqual(Array(8).fill(ok));
        expect((await kafka.messageCounts(topic)).every((count) => count > 0)).toBe(true);
      },
      { timeout: 10_000, interval: 50 },
    );
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn).toHaveBeenCalledWith(
      { topic, partitions: 8, before: 3 },
      expect.stringContaining('number of partitions'),
    );
  });

  it('finds a cluster that comes back under another of the configured addresses', async () => {
    const topic = 'moved';
    await kafka.createTopic(topic, [[1], [2]]);
    const other = await startKafka({ topic, partitions: 2 });
    try {
      other.pause();
      const brokers = [...kafka.brokers.slice(0, 1), ...other.brokers];
      await using sink = await createKafkaSink({ brokers, topic, retries: 0, connectionTimeoutMs: 500 });
      expect(await sink.write([detectionEvent('a', 1), detectionEvent('b', 1)])).toEqual([ok, ok]);
      await Promise.all([1, 2, 3].map((id) => kafka.broker(id).kill()));
      expect(await sink.write([detectionEvent('a', 2)])).toMatchObject([
        { ok: false, reason: 'unreachable' },
      ]);
      other.resume();
      const backAt = performance.now();
      await vi.waitFor(async () => expect(await sink.write([detectionEvent('a', 3)])).toEqual([ok]), {
        timeout: 10_000,
        interval: 20,
      });
      expect(performance.now() - backAt).toBeLessThan(5000);
    } finally {
      await other.close();
    }
  });
});
