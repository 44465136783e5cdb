import { canRunKafka } from '@trinetra/local-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addSceneFrames } from '../scene-frames.ts';
import { report } from '../trial.ts';
import { startWorker, waitFor } from '../worker-process.ts';
import { startWorld, type World } from '../world.ts';

const kafkaHere = await canRunKafka();
describe.skipIf(!kafkaHere.ok)('a worker whose Kafka goes away (needs Java)', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('reads on, keeps what it cannot publish, and delivers all of it in order when Kafka is back', async () => {
    await using worker = await startWorker({
      ...world.env,
      KAFKA_RETRIES: '2',
      CONSUMER_NAME: 'rider',
      CLAIM_IDLE_MS: '3000',
      MAX_DELIVERIES: '1',
    });
    await worker.ready();
    const ids = await addSceneFrames(world.redis, 4);
    await waitFor('the first frames to be acked', async () =>
      (await worker.metric('trinetra_worker_frames_processed_total')).get('{camera_id="cam"}') === 4
        ? true
        : undefined,
    );
    await world.kafka.kill();
    ids.push(...(await addSceneFrames(world.redis, 40)));
    const waitingEvents = async (): Promise<number> =>
      (await worker.metric('trinetra_worker_events_waiting')).get('') ?? 0;
    // Far more than the pipeline holds at once: reading and inference go on.
    await waitFor('every event to wait', async () => ((await waitingEvents()) === 40 ? true : undefined));
    expect(await world.pending()).toBe(40);
    const ready = await fetch(`${worker.url}/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ checks: { redis: { ok: true }, sink: { ok: false } } });
    expect((await fetch(`${worker.url}/health`)).status).toBe(200);

    await world.kafka.restart();
    const events = await world.collect();
    await waitFor('every frame to be acked', async () => ((await world.pending()) === 0 ? true : undefined));
    await waitFor('every event', () => (events.received.length >= 44 ? true : undefined));
    expect(events.received.map(({ event }) => event.frame_id)).toEqual(ids);
    expect(await waitingEvents()).toBe(0);
    expect(await worker.metric('trinetra_worker_frames_dropped_total')).toEqual(new Map());
    const outcomes = await worker.metric('trinetra_worker_frames_total');
    expect(outcomes.get('{camera_id="cam",outcome="published"}')).toBe(44);
    expect([...outcomes.values()].reduce((sum, count) => sum + count)).toBe(44);
    report(
      'Kafka killed and started again',
      'SIGKILL of the broker, 40 frames written while it was down',
      '40 of 40 read and buffered meanwhile; 44 of 44 events delivered in order, none twice',
    );
  });

  it('hands the frames back when it is stopped before Kafka is there again', async () => {
    await world.redis.flushall();
    await using worker = await startWorker({
      ...world.env,
      KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1',
      KAFKA_RETRIES: '0',
      CONSUMER_NAME: 'leaver',
    });
    await waitFor('the models', () => (worker.log().includes('worker is ready') ? true : undefined));
    await addSceneFrames(world.redis, 20);
    await waitFor('every event to wait', async () =>
      (await worker.metric('trinetra_worker_events_waiting')).get('') === 20 ? true : undefined,
    );
    expect(await worker.stop('SIGTERM')).toBe(0);
    expect(await world.pending()).toBe(20);
    expect(await world.redis.xlen('frames:cam')).toBe(20);
    report(
      'worker stopped while Kafka is away',
      'SIGTERM with 20 events in the buffer',
      '20 of 20 frames handed back',
    );
  });
});
