import { expect, it, vi } from 'vitest';
import { group, Puller, useRedis } from './harness.ts';

const { redis, source } = useRedis();

/** Writes one entry under an id of the writer's own. */
const addAs = (camera: string, id: string, ...more: string[]): Promise<unknown> =>
  redis().xadd(`frames:${camera}`, id, 'camera_id', camera, 'frame', 'x', ...more);

async function scriptCalls(): Promise<number> {
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis().info('commandstats'))?.[1]);
}

it.each([
  ['a counter', '5-0'],
  ['seconds', '1732700000-1'],
  ['microseconds', '1732700000000000-0'],
  ['the highest id', '18446744073709551615-0'],
])('knows no age of entries whose id is %s, and says so once', async (_, id) => {
  const warned: object[] = [];
  const note = (): void => undefined;
  const logger = { debug: note, info: note, warn: (fields: object) => void warned.push(fields), error: note };
  await addAs('Front Door', id);
  const reading = await source({ logger, deleteAcked: 'off' });
  await vi.waitFor(() => {
    const camera = reading.stats().cameras.get('Front Door');
    expect(camera).toMatchObject({ unread: 1, oldestUnreadAgeSeconds: null });
  }, 10_000);
  const lease = await new Puller(reading).one();
  expect(lease.waitedMs).toBe(0);
  await reading.settle(lease, 'published');
  await vi.waitFor(() => {
    const camera = reading.stats().cameras.get('Front Door');
    expect(camera).toMatchObject({ unread: 0, oldestUnreadAgeSeconds: 0 });
  }, 10_000);
  expect(warned).toEqual([{ camera_id: 'Front Door', frame_id: id }]);
});

it('takes the age of such an entry from its ingest_ts, where that is a time', async () => {
  const seconds = Date.now() / 1000;
  await addAs('clock', '5-0', 'ingest_ts', String(seconds - 90));
  await addAs('uptime', '5-0', 'ingest_ts', '312.5');
  await addAs('text', '5-0', 'ingest_ts', 'yesterday');
  const reading = await source();
  await vi.waitFor(() => {
    const age = (camera: string): number | null | undefined =>
      reading.stats().cameras.get(camera)?.oldestUnreadAgeSeconds;
    expect(age('clock')).toBeGreaterThan(85);
    expect(age('clock')).toBeLessThan(120);
    expect([age('uptime'), age('text')]).toEqual([null, null]);
  }, 10_000);
});

it('does not hide how long entries wait behind one whose id was ahead of the clock', async () => {
  await addAs('cam', `${Date.now() + 86_400_000}-0`);
  const seconds = Date.now() / 1000 - 90;
  await redis().xtrim('frames:cam', 'MAXLEN', 0);
  await addAs('cam', '*', 'ingest_ts', String(seconds)); // Redis counts on from tomorrow
  const reading = await source();
  await vi.waitFor(() => {
    expect(reading.stats().cameras.get('cam')?.oldestUnreadAgeSeconds).toBeGreaterThan(85);
  }, 10_000);
});

it('makes no stream again that is gone, and reads it on when it comes back', async () => {
  await addAs('cam', '1-0');
  const reading = await source();
  const puller = new Puller(reading);
  await reading.settle(await puller.one(), 'published');
  await redis().del('frames:cam');
  const calls = await scriptCalls();
  await vi.waitFor(async () => expect(await scriptCalls()).toBeGreaterThan(calls + 5), 10_000); // it was looked at
  expect(await redis().exists('frames:cam')).toBe(0);
  await addAs('cam', '1-0');
  expect((await puller.one()).entryId).toBe('1-0');
  expect(JSON.stringify(await redis().xinfo('GROUPS', 'frames:cam'))).toContain(group);
});
