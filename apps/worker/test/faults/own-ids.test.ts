import { expect, it } from 'vitest';
import { settleUp, startFileWorker } from '../redis-scenario.ts';
import { report } from '../scenario.ts';
import { scenePicture } from '../scene-frames.ts';
import { startRedisTestStack } from '../test-stack.ts';
import { waitFor } from '../worker-process.ts';

/** No age of a frame in this test is larger, seconds. */
const longestAge = 3600;

it('ids and times that are of no clock make no frame stale, and no age that nobody can have', async () => {
  await using testStack = await startRedisTestStack();
  await using worker = await startFileWorker({ ...testStack.env, MAX_FRAME_AGE_MS: '600000' });
  const frame = await scenePicture(0);
  const now = Date.now() / 1000;
  /** By camera: first id, and how `ingest_ts` runs. */
  const cameras = {
    counter: ['5-', now],
    seconds: ['1732700000-', now],
    microseconds: ['1732700000000000-', now],
    uptime: ['*', 312.5],
    'uptime and counter': ['7-', 312.5],
    'next year': ['*', now + 31_536_000],
    'next year and counter': ['11-', now + 31_536_000],
    'old by ingest_ts': ['9-', now - 3000],
  } as const;
  const add = async (count: number, from: number): Promise<void> => {
    for (const [camera, [id, ingest]] of Object.entries(cameras)) {
      for (let at = from; at < from + count; at += 1) {
        const fields = ['camera_id', camera, 'ingest_ts', String(ingest + at / 10), 'frame', frame] as const;
        await testStack.redis.xadd(`frames:${camera}`, id === '*' ? id : `${id}${at}`, ...fields);
      }
    }
  };
  await add(6, 0);
  await worker.process.ready();
  await add(6, 6);
  const served = Object.keys(cameras).filter((camera) => camera !== 'old by ingest_ts');
  await waitFor('the frames to be published', async () =>
    (await worker.published()).length === 12 * served.length ? true : undefined,
  );
  await waitFor('the old ones to be skipped', async () => {
    const dropped = await worker.process.metric('trinetra_worker_frames_dropped_total');
    return dropped.get('{camera_id="old by ingest_ts",reason="stale"}') === 12 ? true : undefined;
  });
  await testStack.redis.del('frames:old by ingest_ts');
  await settleUp(worker, testStack);
  const ages = await worker.process.metric('trinetra_worker_oldest_unread_age_seconds');
  const sums = [
    ...(await worker.process.metric('trinetra_end_to_end_latency_seconds_sum')).values(),
    ...(await worker.process.metric('trinetra_stage_latency_seconds_sum')).values(),
  ];
  for (const value of [...ages.values(), ...sums]) expect(value).toBeLessThan(longestAge);
  // Of 'uptime and counter' and 'next year and counter' nothing tells an age, which is not an age of 0.
  const told = await worker.process.metric('trinetra_end_to_end_latency_seconds_count');
  expect([...told.values()]).toEqual([12 * (served.length - 2)]);
  const log = worker.process.log();
  const warned = (text: string): number => log.split('\n').filter((line) => line.includes(text)).length;
  expect(warned('the ids of this stream are no times')).toBe(6);
  expect(warned('ingest_ts of this camera is not of our clock: its latency counts from the id')).toBe(2);
  expect(warned('ingest_ts of this camera is not of our clock: its latency is not told')).toBe(2);
  report(
    'ids and times of no clock',
    'ids that are counters, seconds or microseconds; ingest_ts since the start of a camera or of next year',
    `${12 * served.length} of ${12 * served.length} frames published, 12 that were old by ingest_ts stale; largest sum of latencies ` +
      `${Math.max(...sums).toFixed(0)} s; one warning a camera`,
    { frames: 12 * served.length },
  );
});
