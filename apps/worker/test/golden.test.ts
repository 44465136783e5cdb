import type { DetectionEvent } from '@trinetra/contracts';
import { startKafka, startRedis } from '@trinetra/local-servers';
import {
  cases,
  dot,
  type GoldenCase,
  type GoldenPerson,
  iou,
  photo,
  sharesItsFace,
} from '@trinetra/test-support';
import { Redis } from 'ioredis';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectEvents, type EventCollector } from './collect-events.ts';
import { hasShared, sharedModels, startWorker, type WorkerProcess, waitFor } from './worker-process.ts';

describe.skipIf(!hasShared)('the worker against the golden cases (needs ../shared)', () => {
  const topic = 'trinetra.detections';
  const stack = new AsyncDisposableStack();
  let redis: Redis;
  let events: EventCollector;
  let worker: WorkerProcess;

  beforeAll(async () => {
    const redisServer = await startRedis();
    stack.defer(() => redisServer.close());
    const kafka = await startKafka({ topic, partitions: 8 });
    stack.defer(() => kafka.close());
    redis = new Redis(redisServer.url);
    stack.defer(() => redis.disconnect());
    events = stack.use(await collectEvents(kafka.brokers, topic));
    worker = stack.use(
      await startWorker({
        ...sharedModels(),
        REDIS_URL: redisServer.url,
        KAFKA_BOOTSTRAP_SERVERS: kafka.brokers.join(','),
        CONSUMER_NAME: 'golden',
        FRAME_ASPECT: 'keep', // one of the full pictures is square
      }),
    );
    await worker.ready();
  });

  afterAll(() => stack.disposeAsync());

  async function send(
    cameraId: string,
    frame: Buffer,
    extra: Record<string, string> = {},
  ): Promise<DetectionEvent> {
    const fields = {
      camera_id: cameraId,
      camera_type: 'entrance',
      ingest_ts: String(Date.now() / 1000),
      frame,
      ...extra,
    };
    const id = await redis.xadd(`frames:${cameraId}`, '*', ...Object.entries(fields).flat());
    return waitFor(`the event of ${cameraId}`, () => {
      const found = events.received.find(({ key, event }) => key === cameraId && event.frame_id === id);
      return found?.event;
    });
  }

  /** Every golden person that is well above the threshold has a detection, and nothing else is detected. */
  function expectPersons(
    event: DetectionEvent,
    golden: GoldenCase,
    minimumIou: number,
  ): Map<GoldenPerson, number> {
    const matched = new Map<GoldenPerson, number>();
    for (const person of golden.persons) {
      const overlaps = event.detections.map(({ bbox }) => iou(bbox, person.box_norm));
      const best = overlaps.indexOf(Math.max(...overlaps));
      const overlap = overlaps[best] ?? 0;
      if (overlap >= minimumIou) matched.set(person, best);
      else expect(person.confidence, `a person of ${golden.image} is missed`).toBeLessThan(0.38);
    }
    const extra = event.detections.length - new Set(matched.values()).size;
    expect(extra, `more persons in ${golden.image} than its golden case has`).toBeLessThanOrEqual(
      golden.near_misses.length,
    );
    return matched;
  }

  /** 1 - cosine of each face of the golden photos. */
  const faceDistances: number[] = [];

  it.each(cases.map((golden) => [golden.image, golden] as const))('agrees on %s', async (name, golden) => {
    const event = await send(`cam_${name.replace(/\W/g, '_')}`, photo(name));
    expect(event).toMatchObject({ status: 'ok', reasons: [], worker_id: 'golden' });
    expect(event.embeddings).toHaveLength(event.detections.length);
    const sorted = event.detections.map(({ confidence }) => confidence).toSorted((a, b) => b - a);
    expect(event.detections.map(({ confidence }) => confidence)).toEqual(sorted);
    for (const [person, index] of expectPersons(event, golden, 0.98)) {
      const detection = event.detections[index];
      const embedding = event.embeddings[index];
      expect(Math.abs((detection?.confidence ?? 0) - person.confidence)).toBeLessThan(0.02);
      if (person.face === null || embedding === null || embedding === undefined) continue;
      expect(Math.hypot(...embedding)).toBeCloseTo(1, 4);
      if (sharesItsFace(person, golden)) continue;
      faceDistances.push(1 - dot(embedding, person.face.embedding));
    }
    const faces = event.detections.flatMap(({ face }) => (typeof face === 'object' ? [face.bbox] : []));
    for (const [index, face] of faces.entries()) {
      for (const other of faces.slice(index + 1))
        expect(iou(face, other), 'one face, two persons').toBeLessThan(0.4);
    }
    const goldenFaces = golden.persons.filter((person) => person.face !== null).length;
    const found = event.embeddings.filter((embedding) => embedding !== null).length;
    expect(found).toBeGreaterThanOrEqual(goldenFaces * 0.75);
  });

  it('embeds 95 of 100 faces of these photos within 1 - cos 0.04 of their golden embeddings', () => {
    const sorted = faceDistances.toSorted((a, b) => a - b);
    expect(sorted.length).toBeGreaterThanOrEqual(10);
    const at95 = sorted[Math.ceil(sorted.length * 0.95) - 1];
    expect(at95, sorted.map((distance) => distance.toFixed(5)).join(' ')).toBeLessThan(0.04);
  });

  const office = 'office_02.jpg';
  it.each([
    ['squashed to 640x640', 640, 640, { width: '1280', height: '720' }],
    ['at 1080p', 1920, 1080, {}],
    ['at 500x375', 500, 375, {}],
  ] as const)('puts boxes on the persons of a frame %s', async (_name, width, height, extra) => {
    const golden = cases.find(({ image }) => image === office);
    if (golden === undefined) throw new Error(`expected a golden case of ${office}`);
    const frame = await sharp(photo(office))
      .resize(width, height, { fit: 'fill' })
      .jpeg({ quality: 85 })
      .toBuffer();
    const event = await send(`cam_${width}x${height}`, frame, extra);
    const big = golden.persons.filter(({ confidence }) => confidence > 0.7);
    expect(big.length).toBeGreaterThan(2);
    for (const person of big) {
      expect(Math.max(...event.detections.map(({ bbox }) => iou(bbox, person.box_norm)))).toBeGreaterThan(
        0.75,
      );
    }
    if (width === 640) {
      const pairs = golden.persons.flatMap((person) => {
        const index = event.detections.findIndex(({ bbox }) => iou(bbox, person.box_norm) > 0.75);
        const embedding = event.embeddings[index];
        return person.face === null || embedding === null || embedding === undefined
          ? []
          : [dot(embedding, person.face.embedding)];
      });
      expect(pairs.toSorted((a, b) => b - a)[0], 'an un-squashed face is the same face').toBeGreaterThan(0.7);
    }
  });

  it('skips broken frames with a reason, and they cost nobody else anything', async () => {
    const bad = { camera_id: 'cam_bad', camera_type: 'others', ingest_ts: '1', frame: 'not a picture' };
    await redis.xadd('frames:cam_bad', '*', ...Object.entries(bad).flat());
    await send('cam_good', photo('headshot_01.jpg'));
    const dropped = await waitFor('the drop to be counted', async () => {
      const rows = await worker.metric('trinetra_worker_frames_dropped_total');
      return [...rows].find(([labels]) => labels.includes('cam_bad'));
    });
    expect(dropped[1]).toBe(1);
    expect(
      await waitFor('the ack', async () =>
        (await redis.xpending('frames:cam_bad', 'inference-workers'))[0] === 0 ? 0 : undefined,
      ),
    ).toBe(0);
  });

  it('reports the live models in /ready and the metrics', async () => {
    const ready: unknown = await (await fetch(`${worker.url}/ready`)).json();
    expect(JSON.stringify(ready)).toMatch(/"provider":"cpu"/);
    const info = await worker.metric('trinetra_engine_info');
    expect([...info.keys()].filter((labels) => labels.includes('provider="cpu"'))).toHaveLength(3);
  });

  it('stops on SIGTERM with exit code 0 and nothing pending', async () => {
    expect(await worker.stop('SIGTERM')).toBe(0);
    for (const key of await redis.keys('frames:*')) {
      expect((await redis.xpending(key, 'inference-workers'))[0]).toBe(0);
    }
    expect(new Set(events.received.map(({ event }) => `${event.camera_id} ${event.frame_id}`)).size).toBe(
      events.received.length,
    );
  });
});
