import {
  canRunKafka,
  type LocalKafka,
  type LocalRedis,
  startKafka,
  startRedis,
} from '@trinetra/local-servers';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectEvents } from './collect-events.ts';
import { addSceneFrames } from './scene-frames.ts';
import { demoModels, startWorker, waitFor } from './worker-process.ts';

const kafkaHere = await canRunKafka();
const topic = 'trinetra.detections';
const stream = 'frames:cam';
const group = 'inference-workers';

describe.skipIf(!kafkaHere.ok)('a worker whose Kafka goes away (needs Java)', () => {
  let server: LocalRedis;
  let kafka: LocalKafka;
  let redis: Redis;
  const stack = new AsyncDisposableStack();
  beforeAll(async () => {
    server = await startRedis();
    stack.defer(() => server.close());
    kafka = await startKafka({ topic, partitions: 8 });
    stack.defer(() => kafka.close());
    redis = new Redis(server.url);
    stack.defer(() => redis.disconnect());
  });
  afterAll(() => stack.disposeAsync());

  const pending = async (): Promise<number> => Number((await redis.xpending(stream, group))[0]);

  it('reads on, keeps what it cannot publish, and delivers all of it in order when Kafka is back', async () => {
    await using worker = await startWorker({
      ...demoModels(),
      REDIS_URL: server.url,
      KAFKA_BOOTSTRAP_SERVERS: kafka.brokers.join(','),
      KAFKA_RETRIES: '2',
      CONSUMER_NAME: 'rider',
      CLAIM_IDLE_MS: '3000',
      MAX_DELIVERIES: '1',
    });
    await worker.ready();
    const ids = await addSceneFrames(redis, 4);
    await waitFor('the first frames to be acked', async () =>
      (await worker.metric('trinetra_worker_frames_processed_total')).get('{camera_id="cam"}') === 4
        ? true
        : undefined,
    );
    await kafka.kill();
    ids.push(...(await addSceneFrames(redis, 40)));
    const waitingEvents = async (): Promise<number> =>
      (await worker.metric('trinetra_worker_events_waiting')).get('') ?? 0;
    // Far more than the pipeline holds at once: reading and inference go on.
    await waitFor('every event to wait', async () => ((await waitingEvents()) === 40 ? true : undefined));
    expect(await pending()).toBe(40);
    const ready = await fetch(`${worker.url}/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ checks: { redis: { ok: true }, sink: { ok: false } } });
    expect((await fetch(`${worker.url}/health`)).status).toBe(200);

    await kafka.restart();
    await using events = await collectEvents(kafka.brokers, topic);
    await waitFor('every frame to be acked', async () => ((await pending()) === 0 ? true : undefined));
    await waitFor('every event', () => (events.received.length >= 44 ? true : undefined));
    expect(events.received.map(({ event }) => event.frame_id)).toEqual(ids);
    expect(await waitingEvents()).toBe(0);
    expect(await worker.metric('trinetra_worker_frames_dropped_total')).toEqual(new Map());
    const outcomes = await worker.metric('trinetra_worker_frames_total');
    expect(outcomes.get('{camera_id="cam",outcome="published"}')).toBe(44);
    expect([...outcomes.values()].reduce((sum, count) => sum + count)).toBe(44);
  });

  it('hands the frames back when it is stopped before Kafka is there again', async () => {
    await redis.flushall();
    await using worker = await startWorker({
      ...demoModels(),
      REDIS_URL: server.url,
      KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1',
      KAFKA_RETRIES: '0',
      CONSUMER_NAME: 'leaver',
    });
    await waitFor('the models', () => (worker.log().includes('worker is ready') ? true : undefined));
    await addSceneFrames(redis, 20);
    await waitFor('every event to wait', async () =>
      (await worker.metric('trinetra_worker_events_waiting')).get('') === 20 ? true : undefined,
    );
    expect(await worker.stop('SIGTERM')).toBe(0);
    expect(await pending()).toBe(20);
    expect(await redis.xlen(stream)).toBe(20);
  });
});
