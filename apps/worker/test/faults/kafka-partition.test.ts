import { setTimeout as delay } from 'node:timers/promises';
import { canRunKafka, keysOf, type LocalKafkaCluster, startKafkaCluster } from '@trinetra/local-servers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { collectEvents } from '../collect-events.ts';
import { expectTidy, readyOf, total, waitingEvents } from '../kafka-test-stack.ts';
import { inFlight, report, times, variants } from '../scenario.ts';
import { addSceneFrame } from '../scene-frames.ts';
import { type RedisTestStack, startRedisTestStack } from '../test-stack.ts';
import { startWorker, type WorkerProcess, waitFor } from '../worker-process.ts';

const kafkaHere = await canRunKafka();
/** The camera of each partition. */
const cameras = keysOf(3);

describe.skipIf(!kafkaHere.ok)('a worker whose Kafka is half broken (needs Java)', () => {
  let testStack: RedisTestStack;
  let kafka: LocalKafkaCluster;
  beforeAll(async () => {
    [testStack, kafka] = await Promise.all([startRedisTestStack(), startKafkaCluster()]);
  });
  afterAll(async () => {
    await kafka[Symbol.asyncDispose]();
    await testStack[Symbol.asyncDispose]();
  });
  beforeEach(() => testStack.redis.flushall());

  async function start(topic: string, more: Record<string, string>): Promise<WorkerProcess> {
    const worker = await startWorker({
      ...testStack.env,
      KAFKA_BOOTSTRAP_SERVERS: kafka.brokers.join(','),
      KAFKA_TOPIC: topic,
      CONSUMER_NAME: 'worker',
      ...more,
    });
    await waitFor('the models', () => (worker.log().includes('worker is ready') ? true : undefined));
    return worker;
  }

  /** Adds a frame of each camera every 50 ms until `done`, and gives the longest time without a published frame of each, ms. */
  async function feed(
    worker: WorkerProcess,
    written: Set<string>,
    done: () => boolean | Promise<boolean>,
  ): Promise<number[]> {
    const progress = cameras.map((camera) => ({ camera, gap: 0, count: 0, movedAt: performance.now() }));
    for (let frame = 0; !(await done()); frame += 1) {
      for (const camera of cameras) {
        written.add(`${camera} ${await addSceneFrame(testStack.redis, frame % 4, camera)}`);
      }
      const published = [...(await worker.metric('trinetra_worker_frames_total'))].filter(([labels]) =>
        labels.includes('"published"'),
      );
      for (const one of progress) {
        const count = published.find(([labels]) => labels.includes(`"${one.camera}"`))?.[1] ?? 0;
        if (count > one.count) one.movedAt = performance.now();
        one.count = count;
        one.gap = Math.max(one.gap, performance.now() - one.movedAt);
      }
      await delay(50);
    }
    return progress.map(({ gap }) => gap);
  }

  it.each(
    variants([
      ['stopped (SIGSTOP)', 'pause', 'resume'],
      ['killed (SIGKILL)', 'kill', 'restart'],
    ] as const),
  )(
    'goes on with every camera of a healthy partition while a replica of one other is %s',
    async (what, fail, mend) => {
      const topic = `assigned.${fail}`;
      await kafka.createTopic(
        topic,
        [
          [1, 2],
          [1, 3],
          [2, 1],
        ],
        { 'min.insync.replicas': '2' },
      );
      await using worker = await start(topic, { KAFKA_ACKS: 'all' });
      await using collector = await collectEvents(kafka.brokers, topic);
      const written = new Set<string>();
      await feed(worker, written, () => collector.received.length >= 60);
      await kafka.broker(3)[fail]();
      const failedAt = performance.now();
      const answers: number[] = [];
      let named: unknown;
      const gaps = await feed(worker, written, async () => {
        answers.push((await fetch(`${worker.url}/ready`)).status);
        named ??= (await readyOf(worker)).checks.sink.detail['partitions'];
        return performance.now() - failedAt > times(8000, 30_000);
      });
      expect(named).toEqual([1]);
      // Once the worker knows, it does not say anything else until it is over.
      const firstAt = answers.indexOf(503);
      expect(answers.slice(firstAt)).toEqual(answers.slice(firstAt).map(() => 503));
      expect(firstAt / answers.length).toBeLessThan(0.75);
      const waited = await waitingEvents(worker);
      expect(waited).toBeGreaterThan(10);
      const errors = await total(worker, 'trinetra_kafka_publish_errors_total');
      expect(errors).toBeGreaterThanOrEqual(waited - inFlight);
      await kafka.broker(3)[mend]();
      await waitFor('every event', () =>
        new Set(collector.received.map(({ event }) => `${event.camera_id} ${event.frame_id}`)).size ===
        written.size
          ? true
          : undefined,
      );
      await waitFor('nothing to be pending', async () =>
        (await testStack.pending()) === 0 ? true : undefined,
      );
      await waitFor('/ready', async () => ((await readyOf(worker)).ready ? true : undefined));
      const messages = (await kafka.messageCounts(topic)).reduce((sum, count) => sum + count, 0);
      expect(messages - written.size).toBeLessThanOrEqual(inFlight);
      for (const camera of cameras) {
        const ids = collector.received.flatMap(({ event }) =>
          event.camera_id === camera ? event.frame_id : [],
        );
        const wanted = [...written].flatMap((name) =>
          name.startsWith(`${camera} `) ? name.split(' ')[1] : [],
        );
        expect([...new Set(ids)]).toEqual(wanted);
      }
      expect(Math.max(gaps[0] ?? 0, gaps[2] ?? 0)).toBeLessThan(2000);
      expect(worker.log().match(/some partitions of Kafka take no events/g)).toHaveLength(1);
      expect(worker.log().match(/Kafka answers again/g)).toHaveLength(1);
      report(
        `one of three brokers ${what}`,
        `broker 3 away for ${Math.round((performance.now() - failedAt) / 1000)} s, min.insync.replicas=2, KAFKA_ACKS=all; ${waited} events wait`,
        `longest gap of the other partitions ${Math.round(Math.max(gaps[0] ?? 0, gaps[2] ?? 0))} ms; ${messages} messages for ${written.size} events; /ready 503 naming partition 1`,
        { frames: written.size, duplicates: messages - written.size },
      );
      await expectTidy(worker);
    },
  );
});
