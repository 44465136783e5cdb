import { cameraTypes } from '@trinetra/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventCollector } from '../collect-events.ts';
import { checkLedger } from '../ledger.ts';
import { addSceneFrame } from '../scene-frames.ts';
import { report } from '../trial.ts';
import { startWorker, waitFor } from '../worker-process.ts';
import { startWorld, type World } from '../world.ts';

const cameras = 8;
const framesEach = 12;

describe('workers that are killed under load', () => {
  let world: World;
  let events: EventCollector;
  let env: Record<string, string>;
  const written = new Set<string>();

  beforeAll(async () => {
    world = await startWorld();
    events = await world.collect();
    env = { ...world.env, CLAIM_IDLE_MS: '2000', MAX_DELIVERIES: '10', STREAM_DELETE_ACKED: 'off' };
    for (let index = 0; index < cameras * framesEach; index += 1) {
      const camera = `cam_${index % cameras}`;
      const type = cameraTypes[(index % cameras) % cameraTypes.length] ?? 'others';
      written.add(`${camera} ${await addSceneFrame(world.redis, index, camera, type)}`);
    }
  });

  afterAll(() => world[Symbol.asyncDispose]());

  const published = (): Set<string> =>
    new Set(events.received.map(({ event }) => `${event.camera_id} ${event.frame_id}`));

  it('publish every frame at least once, each camera in order, with balanced books', async () => {
    for (const victim of ['first', 'second']) {
      const target = published().size + 6;
      await using worker = await startWorker({ ...env, CONSUMER_NAME: victim });
      await waitFor('some events before the kill', () => (published().size >= target ? true : undefined));
      await checkLedger(worker);
      await worker.stop('SIGKILL');
    }
    const left = await world.pending();
    await using survivor = await startWorker({ ...env, CONSUMER_NAME: 'survivor' });
    await waitFor(
      'every frame to be published',
      () => (published().size >= written.size ? true : undefined),
      90_000,
    );
    await waitFor('every frame to be acked', async () => ((await world.pending()) === 0 ? true : undefined));
    expect(published()).toEqual(written);
    const duplicates = events.received.length - published().size;
    report(
      'two workers killed one after the other',
      `2 SIGKILL with frames in flight, ${left} pending at the end`,
      `${written.size} of ${written.size} frames published, ${duplicates} duplicates, every camera in order`,
    );
    expect(duplicates).toBeLessThanOrEqual(2 * 12);
    await checkLedger(survivor);

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
