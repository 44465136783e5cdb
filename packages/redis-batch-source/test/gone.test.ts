import { expect, it, vi } from 'vitest';
import { group, Puller, useRedis } from './harness.ts';

const { add, redis, source } = useRedis();

it.each([
  ['DEL', (keys: string[]) => redis().del(keys)],
  ['EXPIRE', (keys: string[]) => Promise.all(keys.map((key) => redis().pexpire(key, 1)))],
  ['FLUSHALL', () => redis().flushall()],
  ['RENAME', (keys: string[]) => Promise.all(keys.map((key) => redis().rename(key, `old:${key}`)))],
])(
  'forgets what was unread of cameras whose streams went by %s, and brings none back',
  async (way, remove) => {
    const cameras = Array.from({ length: 300 }, (_, index) => `cam_${index}`);
    for (const camera of cameras) await add(camera, 2);
    const reading = await source({ discoveryIntervalMs: 10 });
    const unread = (): number =>
      [...reading.stats().cameras.values()].reduce((sum, stats) => sum + stats.unread, 0);
    await vi.waitFor(() => expect(unread()).toBe(600), { timeout: 5000 });
    const went = cameras.slice(20).map((camera) => `frames:${camera}`);
    await remove(went);
    const left = way === 'FLUSHALL' ? 0 : 20;
    await vi.waitFor(() => {
      const gone = [...reading.stats().cameras.values()].filter((stats) => stats.gone);
      expect(gone).toHaveLength(300 - left);
      for (const stats of gone)
        expect(stats).toMatchObject({ unread: 0, oldestUnreadAgeSeconds: 0, streamLength: 0 });
      expect(unread()).toBe(left * 2);
    }, 10_000);
    expect(await redis().keys('frames:*')).toHaveLength(left);
  },
);

it('makes no stream, also where one goes between the search for streams and the look at it', async () => {
  const cameras = Array.from({ length: 100 }, (_, index) => `cam_${index}`);
  const reading = await source({ discoveryIntervalMs: 10 });
  const reader = new Puller(reading).next();
  for (let round = 0; round < 30; round += 1) {
    await Promise.all(cameras.map((camera) => add(camera, 1)));
    await redis().del(cameras.map((camera) => `frames:${camera}`));
  }
  await add('after', 1);
  await vi.waitFor(() => expect(reading.stats().cameras.has('after')).toBe(true), 10_000);
  expect(await redis().keys('frames:*')).toEqual(['frames:after']);
  await reader;
});

it('keeps the books of a camera that is gone until its leases have ended, and goes on with them if it comes back', async () => {
  await add('cam', 3);
  const reading = await source();
  const puller = new Puller(reading);
  const leases = await puller.some(3);
  await redis().del('frames:cam');
  const stats = () => reading.stats().cameras.get('cam') ?? expect.unreachable();
  await vi.waitFor(() => expect(stats().gone).toBe(true), 10_000);
  expect(stats()).toMatchObject({ delivered: 3, inFlight: 3 });
  for (const lease of leases) await reading.settle(lease, 'published');
  expect(stats()).toMatchObject({ delivered: 3, inFlight: 0 });
  await add('cam', 1);
  await reading.settle(await puller.one(), 'published');
  expect(stats()).toMatchObject({ delivered: 4, inFlight: 0, gone: false });
});

it('acks past a key that is no stream any more, and what is well goes on', async () => {
  await add('ill', 1);
  await add('well', 1);
  const reading = await source();
  const leases = await new Puller(reading).some(2);
  await redis().set('frames:ill', 'a string');
  await Promise.all(leases.map((lease) => reading.settle(lease, 'published')));
  expect((await redis().xpending('frames:well', group))[0]).toBe(0);
});
