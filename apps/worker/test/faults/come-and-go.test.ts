import { expect, it } from 'vitest';
import { injectSlowEngine } from '../inject.ts';
import { checkLedger } from '../ledger.ts';
import { startFileWorker, startPacedLoad } from '../redis-scenario.ts';
import { report, times } from '../scenario.ts';
import { addSceneFrame } from '../scene-frames.ts';
import { startRedisTestStack } from '../test-stack.ts';
import { type WorkerProcess, waitFor } from '../worker-process.ts';

async function sumOf(worker: WorkerProcess, name: string): Promise<number> {
  return [...(await worker.metric(name)).values()].reduce((sum, value) => sum + value, 0);
}

async function consumerOf({ url }: WorkerProcess): Promise<unknown> {
  const { checks } = (await (await fetch(`${url}/ready`)).json()) as {
    readonly checks: { readonly redis: { readonly detail: { readonly consumer: string } } };
  };
  return checks.redis.detail.consumer;
}

it('forgets cameras whose streams are deleted: no frame of theirs waits, none ages, and no stream comes back', async () => {
  await using testStack = await startRedisTestStack();
  const cameras = Array.from({ length: 300 }, (_, index) => `cam_${index}`);
  await using worker = await startFileWorker({ ...testStack.env, ...injectSlowEngine(3000) });
  await worker.process.ready();
  for (const camera of cameras) await addSceneFrame(testStack.redis, 0, camera);
  const unread = (): Promise<number> => sumOf(worker.process, 'trinetra_worker_frames_unread');
  await waitFor('all cameras to be known', async () => ((await unread()) > 250 ? true : undefined));
  const before = await unread();
  await testStack.redis.del(cameras.slice(20).map((camera) => `frames:${camera}`));
  await waitFor('what is gone to be forgotten', async () => ((await unread()) <= 20 ? true : undefined));
  const ages = await worker.process.metric('trinetra_worker_oldest_unread_age_seconds');
  const lengths = await worker.process.metric('trinetra_redis_stream_length');
  expect([ages.size, lengths.size]).toEqual([20, 20]);
  const rounds = await testStack.redis.incr('rounds'); // any key that is no stream
  expect(rounds).toBe(1);
  expect(await testStack.redis.keys('frames:*')).toHaveLength(20);
  await checkLedger(worker.process);
  // The last ones go, too: KEDA's queries have no series left, which counts as zero.
  await testStack.redis.flushall();
  await waitFor('no camera to be left', async () =>
    (await worker.process.metric('trinetra_worker_frames_unread')).size === 0 ? true : undefined,
  );
  expect((await worker.process.metric('trinetra_worker_oldest_unread_age_seconds')).size).toBe(0);
  await checkLedger(worker.process);
  report(
    'most cameras are deleted',
    '300 streams with frames that wait, DEL of 280, then FLUSHALL',
    `${before} unread before, those of the 20 that are left afterwards, then no series; no stream came back`,
  );
});

it('gives every frame of a new camera to both groups of a rollout', async () => {
  await using testStack = await startRedisTestStack();
  const env = { ...testStack.env, STREAM_DELETE_ACKED: 'auto', INTRA_OP_THREADS: '1' };
  await using blue = await startFileWorker({ ...env, CONSUMER_GROUP: 'blue', CONSUMER_NAME: 'blue' });
  await using green = await startFileWorker({ ...env, CONSUMER_GROUP: 'green', CONSUMER_NAME: 'green' });
  await Promise.all([blue.process.ready(), green.process.ready()]);
  const frames = times(40, 120);
  const written: string[] = [];
  for (let index = 0; index < frames; index += 1)
    written.push(`new ${await addSceneFrame(testStack.redis, index % 4, 'new')}`);
  for (const worker of [blue, green]) {
    await waitFor('every frame', async () =>
      (await worker.published()).length >= frames ? true : undefined,
    );
    expect(await worker.published()).toEqual(written);
  }
  report(
    'two consumer groups, a camera comes',
    `blue and green with STREAM_DELETE_ACKED=auto, ${frames} frames in a new stream`,
    `${frames} of ${frames} published by each, once and in order`,
    { frames, duplicates: 0 },
  );
});

it('notices a living twin: the second worker of a name reads under another, and nothing is served twice', async () => {
  await using testStack = await startRedisTestStack();
  const env = { ...testStack.env, CONSUMER_NAME: 'same', INTRA_OP_THREADS: '1' };
  await using first = await startFileWorker(env);
  await first.process.ready();
  await using load = startPacedLoad(testStack.redis);
  await using second = await startFileWorker(env);
  await second.process.ready();
  await waitFor('another name', async () =>
    (await consumerOf(second.process)) === 'same-2' ? true : undefined,
  );
  expect(await consumerOf(first.process)).toBe('same');
  const published = async (): Promise<string[]> => [
    ...(await first.published()),
    ...(await second.published()),
  ];
  await waitFor('both to publish', async () =>
    (await first.published()).length > 8 && (await second.published()).length > 8 ? true : undefined,
  );
  await load.stop();
  await waitFor('every frame', async () =>
    new Set(await published()).size >= load.written.size && (await testStack.pending()) === 0
      ? true
      : undefined,
  );
  expect(await published()).toHaveLength(load.written.size);
  const lines = second.process
    .log()
    .split('\n')
    .filter((line) => line.includes('another living worker'));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(`"pid":${first.process.child.pid}`);
  expect(lines[0]).toContain('"now":"same-2"');
  report(
    'two living workers of one name',
    'the second starts under load',
    `it reads as same-2 after one warning; ${load.written.size} of ${load.written.size} frames published once`,
    { frames: load.written.size, duplicates: 0 },
  );
});
