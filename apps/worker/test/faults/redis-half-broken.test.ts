import { freePort, startSlowLink } from '@trinetra/local-servers';
import { expect, it } from 'vitest';
import { settleUp, startFileWorker } from '../redis-scenario.ts';
import { inFlight, report, times } from '../scenario.ts';
import { addSceneFrame, addSceneFrames, scenePicture } from '../scene-frames.ts';
import { startRedisTestStack } from '../test-stack.ts';
import { waitFor } from '../worker-process.ts';

it('a Redis whose memory is full is emptied, by a worker that starts then', async () => {
  await using testStack = await startRedisTestStack({ settings: { 'maxmemory-policy': 'noeviction' } });
  const cameras = 4;
  for (let camera = 0; camera < cameras; camera += 1)
    await addSceneFrames(testStack.redis, 12, `cam_${camera}`);
  await testStack.redis.config('SET', 'maxmemory', '1mb');
  await expect(addSceneFrame(testStack.redis, 0)).rejects.toThrow(/^OOM/);
  await using worker = await startFileWorker({ ...testStack.env, STREAM_DELETE_ACKED: 'auto' });
  await worker.process.ready();
  await waitFor('every frame to be published', async () =>
    (await worker.published()).length >= 12 * cameras ? true : undefined,
  );
  await waitFor('every stream to be empty', async () => {
    const keys = await testStack.redis.keys('frames:*');
    const left = await Promise.all(keys.map((key) => testStack.redis.xlen(key)));
    return left.every((length) => length === 0) ? true : undefined;
  });
  await worker.process.ready();
  expect(new Set(await worker.published()).size).toBe(12 * cameras);
  expect(worker.process.log().split('Redis has no memory left')).toHaveLength(2);
  report(
    'memory of Redis full',
    `maxmemory below what is used, noeviction; ${cameras} streams without a group, 12 frames each; the worker starts then`,
    `${12 * cameras} of ${12 * cameras} frames published once and deleted, 0 pending; the cause is in the log once`,
    { frames: 12 * cameras, duplicates: 0 },
  );
});

it('a slow link to Redis costs time, not frames', async () => {
  await using testStack = await startRedisTestStack();
  // A frame takes as long as one of 565 KB at 12 Mbit/s.
  const bytesPerSecond = (await scenePicture(0)).length / 0.38;
  await using link = await startSlowLink({ port: testStack.server.port, bytesPerSecond });
  const count = times(24, 60);
  await addSceneFrames(testStack.redis, count, 'cam');
  await using worker = await startFileWorker({
    ...testStack.env,
    REDIS_URL: `redis://127.0.0.1:${link.port}`,
  });
  await worker.process.ready();
  const startedAt = performance.now();
  let mostPending = 0;
  await waitFor('every frame to be published', async () => {
    mostPending = Math.max(mostPending, await testStack.pending());
    return (await worker.published()).length >= count ? true : undefined;
  });
  const seconds = (performance.now() - startedAt) / 1000;
  await worker.process.ready();
  const { events, duplicates } = await settleUp(worker, testStack);
  report(
    'slow link to Redis',
    `${count} frames, of which each takes 0.38 s on its way (565 KB at 12 Mbit/s)`,
    `${events} of ${count} frames published within ${seconds.toFixed(0)} s, ${duplicates} duplicates, at most ${mostPending} pending`,
    { frames: count, duplicates },
  );
  expect(duplicates).toBe(0);
  expect(mostPending).toBeLessThanOrEqual(inFlight);
  expect(worker.process.log()).not.toMatch(/"level":"(warn|error)".*Redis/);
});

it('a limit on the replies of Redis that holds two frames costs time, not frames', async () => {
  const limit = String(Math.round((await scenePicture(0)).length * 2.5));
  await using testStack = await startRedisTestStack({
    settings: { 'client-output-buffer-limit': `normal ${limit} 0 0` },
  });
  const count = times(24, 60);
  await addSceneFrames(testStack.redis, count, 'cam');
  await using worker = await startFileWorker({ ...testStack.env, MAX_DELIVERIES: '2' });
  await worker.process.ready();
  await waitFor('every frame to be published', async () =>
    (await worker.published()).length >= count ? true : undefined,
  );
  await testStack.redis.config('SET', 'client-output-buffer-limit', 'normal 0 0 0'); // what follows reads whole streams
  const { events, duplicates } = await settleUp(worker, testStack);
  report(
    'limit on the replies of Redis',
    `${count} frames wait; Redis ends a connection whose reply is larger than two and a half frames`,
    `${events} of ${count} frames published, ${duplicates} duplicates, none a dead letter with MAX_DELIVERIES=2`,
    { frames: count, duplicates },
  );
  expect(worker.process.log()).toContain('the connection ended before Redis answered');
  expect(duplicates).toBe(0);
  expect(await testStack.redis.exists('frames-dead:cam')).toBe(0);
});

it('a node of a Redis Cluster ends a worker at its start, with a sentence', async () => {
  const bus = String(await freePort()); // by default 10000 above the other, where there may be no port
  await using testStack = await startRedisTestStack({
    settings: { 'cluster-enabled': 'yes', 'cluster-port': bus },
  });
  await testStack.redis.cluster('ADDSLOTSRANGE', 0, 16383);
  await using worker = await startFileWorker(testStack.env);
  await expect(worker.process.ready()).rejects.toThrow('the worker ended with 1');
  expect(worker.process.log()).toContain('received a node of a Redis Cluster');
});

it('a connection that Redis ends with commands under way is replaced at once', async () => {
  await using testStack = await startRedisTestStack();
  await using worker = await startFileWorker(testStack.env);
  await addSceneFrame(testStack.redis, 0);
  await worker.process.ready();
  const published = async (count: number): Promise<true> =>
    waitFor(`${count} events`, async () => ((await worker.published()).length >= count ? true : undefined));
  await published(1);
  const kills = times(5, 20);
  const tookMs: number[] = [];
  for (let kill = 1; kill <= kills; kill += 1) {
    await testStack.redis.client('PAUSE', 60_000, 'WRITE');
    await waitFor('a command of the worker to be under way', async () =>
      /name=trinetra:reader .*flags=b /.test(String(await testStack.redis.client('LIST'))) ? true : undefined,
    );
    await testStack.redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await testStack.redis.client('UNPAUSE');
    const startedAt = performance.now();
    await addSceneFrame(testStack.redis, kill);
    await published(kill + 1);
    tookMs.push(performance.now() - startedAt);
  }
  const { events, duplicates } = await settleUp(worker, testStack);
  report(
    'CLIENT KILL with a command under way',
    `${kills} times, then one frame`,
    `${events} of ${kills + 1} frames published, ${duplicates} duplicates; the slowest after ${Math.max(...tookMs).toFixed(0)} ms`,
    { frames: kills + 1, duplicates, recoveredMs: Math.max(...tookMs) },
  );
  expect(duplicates).toBe(0);
  expect(Math.max(...tookMs)).toBeLessThan(2000);
});
