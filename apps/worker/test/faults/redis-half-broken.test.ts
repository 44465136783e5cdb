import { startSlowLink } from '@trinetra/local-servers';
import { expect, it } from 'vitest';
import { settleUp, startFileWorker } from '../redis-trial.ts';
import { addSceneFrame, addSceneFrames, scenePicture } from '../scene-frames.ts';
import { inFlight, report, times } from '../trial.ts';
import { waitFor } from '../worker-process.ts';
import { startRedisWorld } from '../world.ts';

it('a Redis whose memory is full is emptied, by a worker that starts then', async () => {
  await using world = await startRedisWorld({ settings: { 'maxmemory-policy': 'noeviction' } });
  const cameras = 4;
  for (let camera = 0; camera < cameras; camera += 1) await addSceneFrames(world.redis, 12, `cam_${camera}`);
  await world.redis.config('SET', 'maxmemory', '1mb');
  await expect(addSceneFrame(world.redis, 0)).rejects.toThrow(/^OOM/);
  await using worker = await startFileWorker({ ...world.env, STREAM_DELETE_ACKED: 'auto' });
  await worker.process.ready();
  await waitFor('every frame to be published', async () =>
    (await worker.published()).length >= 12 * cameras ? true : undefined,
  );
  await waitFor('every stream to be empty', async () => {
    const keys = await world.redis.keys('frames:*');
    const left = await Promise.all(keys.map((key) => world.redis.xlen(key)));
    return left.every((length) => length === 0) ? true : undefined;
  });
  await worker.process.ready();
  expect(new Set(await worker.published()).size).toBe(12 * cameras);
  expect(worker.process.log().split('Redis has no memory left')).toHaveLength(2);
  report(
    'memory of Redis full',
    `maxmemory below what is used, noeviction; ${cameras} streams without a group, 12 frames each; the worker starts then`,
    `${12 * cameras} of ${12 * cameras} frames published once and deleted, 0 pending; the cause is in the log once`,
  );
});

it('a slow link to Redis costs time, not frames', async () => {
  await using world = await startRedisWorld();
  // A frame takes as long as one of 565 KB at 12 Mbit/s.
  const bytesPerSecond = (await scenePicture(0)).length / 0.38;
  await using link = await startSlowLink({ port: world.server.port, bytesPerSecond });
  const count = times(24, 60);
  await addSceneFrames(world.redis, count, 'cam');
  await using worker = await startFileWorker({ ...world.env, REDIS_URL: `redis://127.0.0.1:${link.port}` });
  await worker.process.ready();
  const startedAt = performance.now();
  let mostPending = 0;
  await waitFor('every frame to be published', async () => {
    mostPending = Math.max(mostPending, await world.pending());
    return (await worker.published()).length >= count ? true : undefined;
  });
  const seconds = (performance.now() - startedAt) / 1000;
  await worker.process.ready();
  const { events, duplicates } = await settleUp(worker, world);
  report(
    'slow link to Redis',
    `${count} frames, of which each takes 0.38 s on its way (565 KB at 12 Mbit/s)`,
    `${events} of ${count} frames published within ${seconds.toFixed(0)} s, ${duplicates} duplicates, at most ${mostPending} pending`,
  );
  expect(duplicates).toBe(0);
  expect(mostPending).toBeLessThanOrEqual(inFlight);
  expect(worker.process.log()).not.toMatch(/"level":"(warn|error)".*Redis/);
});

it('a connection that Redis ends with commands under way is replaced at once', async () => {
  await using world = await startRedisWorld();
  await using worker = await startFileWorker(world.env);
  await addSceneFrame(world.redis, 0);
  await worker.process.ready();
  const published = async (count: number): Promise<true> =>
    waitFor(`${count} events`, async () => ((await worker.published()).length >= count ? true : undefined));
  await published(1);
  const kills = times(5, 20);
  const tookMs: number[] = [];
  for (let kill = 1; kill <= kills; kill += 1) {
    await world.redis.client('PAUSE', 60_000, 'WRITE');
    await waitFor('a command of the worker to be under way', async () =>
      /name=trinetra:reader .*flags=b /.test(String(await world.redis.client('LIST'))) ? true : undefined,
    );
    await world.redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await world.redis.client('UNPAUSE');
    const startedAt = performance.now();
    await addSceneFrame(world.redis, kill);
    await published(kill + 1);
    tookMs.push(performance.now() - startedAt);
  }
  const { events, duplicates } = await settleUp(worker, world);
  report(
    'CLIENT KILL with a command under way',
    `${kills} times, then one frame`,
    `${events} of ${kills + 1} frames published, ${duplicates} duplicates; the slowest after ${Math.max(...tookMs).toFixed(0)} ms`,
  );
  expect(duplicates).toBe(0);
  expect(Math.max(...tookMs)).toBeLessThan(2000);
});
