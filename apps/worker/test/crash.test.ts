import { cameraTypes, frameOutcomes } from '@trinetra/contracts';
import { startKafka, startRedis } from '@trinetra/local-servers';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectEvents, type EventCollector } from './collect-events.ts';
import { addSceneFrame } from './scene-frames.ts';
import { demoModels, startWorker, type WorkerProcess, waitFor } from './worker-process.ts';

const cameras = 8;
const framesEach = 12;

describe('workers that are killed under load', () => {
  const topic = 'trinetra.detections';
  const stack = new AsyncDisposableStack();
  let redis: Redis;
  let events: EventCollector;
  let env: Record<string, string>;
  const written = new Set<string>();

  beforeAll(async () => {
    const redisServer = await startRedis();
    stack.defer(() => redisServer.close());
    const kafka = await startKafka({ topic, partitions: 8 });
    stack.defer(() => kafka.close());
    redis = new Redis(redisServer.url);
    stack.defer(() => redis.disconnect());
    events = stack.use(await collectEvents(kafka.brokers, topic));
    env = {
      ...demoModels(),
      REDIS_URL: redisServer.url,
      KAFKA_BOOTSTRAP_SERVERS: kafka.brokers.join(','),
      CLAIM_IDLE_MS: '2000',
      MAX_DELIVERIES: '10',
      STREAM_DELETE_ACKED: 'off',
    };
    for (let index = 0; index < cameras * framesEach; index += 1) {
      const camera = `cam_${index % cameras}`;
      const type = cameraTypes[(index % cameras) % cameraTypes.length] ?? 'others';
      written.add(`${camera} ${await addSceneFrame(redis, index, camera, type)}`);
    }
  });

  afterAll(() => stack.disposeAsync());

  const published = (): Set<string> =>
    new Set(events.received.map(({ event }) => `${event.camera_id} ${event.frame_id}`));

  async function pending(): Promise<number> {
    const counts = await Promise.all(
      Array.from({ length: cameras }, (_, camera) =>
        redis.xpending(`frames:cam_${camera}`, 'inference-workers'),
      ),
    );
    return counts.reduce((sum, [count]) => sum + Number(count), 0);
  }

  /** `delivered = sum(outcomes) + in flight`, camera by camera. */
  async function expectBalancedLedger(worker: WorkerProcess): Promise<void> {
    const text = await (await fetch(`${worker.url}/metrics`)).text();
    const sum = (metric: string, camera: string, label = ''): number =>
      text
        .split('\n')
        .filter(
          (line) =>
            line.startsWith(`${metric}{`) && line.includes(`camera_id="${camera}"`) && line.includes(label),
        )
        .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0);
    for (let camera = 0; camera < cameras; camera += 1) {
      const id = `cam_${camera}`;
      const outcomes = frameOutcomes.map((outcome) =>
        sum('trinetra_worker_frames_total', id, `outcome="${outcome}"`),
      );
      const settled = outcomes.reduce((total, value) => total + value, 0);
      const inFlight = sum('trinetra_worker_frames_in_flight', id);
      expect(sum('trinetra_worker_frames_delivered_total', id), `ledger of ${id}`).toBe(settled + inFlight);
    }
  }

  it('publish every frame at least once, each camera in order, with balanced books', async () => {
    for (const victim of ['first', 'second']) {
      const target = published().size + 6;
      await using worker = await startWorker({ ...env, CONSUMER_NAME: victim });
      await waitFor('some events before the kill', () => (published().size >= target ? true : undefined));
      await expectBalancedLedger(worker);
      await worker.stop('SIGKILL');
    }
    const left = await pending();
    await using survivor = await startWorker({ ...env, CONSUMER_NAME: 'survivor' });
    await waitFor(
      'every frame to be published',
      () => (published().size >= written.size ? true : undefined),
      90_000,
    );
    await waitFor('every frame to be acked', async () => ((await pending()) === 0 ? true : undefined));
    expect(published()).toEqual(written);
    const duplicates = events.received.length - published().size;
    console.log(
      `killed 2 workers with ${left} frames pending: ${written.size} published, ${duplicates} duplicates`,
    );
    expect(duplicates).toBeLessThanOrEqual(2 * 12);
    await expectBalancedLedger(survivor);

    const byWorkerAndCamera = Map.groupBy(
      events.received,
      ({ event }) => `${event.worker_id} ${event.camera_id}`,
    );
    for (const [name, list] of byWorkerAndCamera) {
      if (name.startsWith('survivor')) continue; // takes over old frames after newer ones
      const ids = list.map(({ event }) => event.frame_id);
      const sequence = (id: string): number => Number(id.replace('-', '.'));
      expect(ids, name).toEqual(ids.toSorted((a, b) => sequence(a) - sequence(b)));
    }
    expect(await survivor.stop('SIGTERM')).toBe(0);
  });
});
