import { expect, it, vi } from 'vitest';
import { group, Puller, useRedis } from './harness.ts';

const { add, redis, source } = useRedis();

it('counts unread entries where the lag of Redis is wrong: after unread ones were trimmed', async () => {
  const reading = await source({ maxInFlight: 100, deleteAcked: 'off' });
  const puller = new Puller(reading);
  await add('cam', 10);
  await Promise.all((await puller.some(10)).map((lease) => reading.settle(lease, 'published')));
  // Nobody pulls now. 300 come, 280 of them are trimmed.
  await add('cam', 300);
  await redis().xtrim('frames:cam', 'MAXLEN', 20);
  await vi.waitFor(() => expect(reading.stats().cameras.get('cam')?.unread).toBe(20), 10_000);
  const camera = reading.stats().cameras.get('cam') ?? expect.unreachable();
  expect(camera).toMatchObject({ streamLength: 20, evicted: 280 });
  expect(camera.oldestUnreadAgeSeconds).toBeGreaterThanOrEqual(0);
  await Promise.all((await puller.some(20)).map((lease) => reading.settle(lease, 'published')));
  await vi.waitFor(() => {
    const { unread, oldestUnreadAgeSeconds, streamLength } =
      reading.stats().cameras.get('cam') ?? expect.unreachable();
    expect([unread, oldestUnreadAgeSeconds, streamLength]).toEqual([0, 0, 20]);
  }, 10_000);
});

it('accounts for every entry ever written, whatever the order of writes, reads and trims', async () => {
  const reading = await source({ maxInFlight: 64, deleteAcked: 'off' });
  const puller = new Puller(reading);
  let seed = 42;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed % below;
  };
  let written = 0;
  let read = 0;
  await add('cam', 1);
  written += 1;
  await vi.waitFor(() => expect(reading.stats().cameras.get('cam')?.unread).toBe(1), 10_000); // the group is there
  for (let round = 0; round < 60; round += 1) {
    const count = 1 + random(12);
    await add('cam', count);
    written += count;
    if (random(2) === 0) await redis().xtrim('frames:cam', 'MAXLEN', 1 + random(15));
    if (random(3) > 0) {
      const lease = await puller.one();
      read += 1;
      await reading.settle(lease, 'published');
    }
  }
  await vi.waitFor(async () => {
    const groups = (await redis().xinfo('GROUPS', 'frames:cam')) as unknown[][];
    const at = groups[0]?.indexOf('last-delivered-id') ?? -1;
    const last = String(groups[0]?.[at + 1]);
    const trueUnread = (await redis().xrange('frames:cam', `(${last}`, '+')).length;
    const stats = reading.stats().cameras.get('cam') ?? expect.unreachable();
    expect(stats.unread).toBe(trueUnread);
    expect(stats.delivered + stats.unread + stats.evicted).toBe(written);
    expect(stats.delivered - stats.inFlight).toBe(read);
  }, 10_000);
});

it('says how old the oldest unread entry is', async () => {
  const reading = await source();
  await redis().xgroup('CREATE', 'frames:cam', group, '0', 'MKSTREAM');
  await redis().xadd('frames:cam', `${Date.now() - 90_000}-0`, 'camera_id', 'cam', 'frame', 'x');
  await vi.waitFor(() => {
    const age = reading.stats().cameras.get('cam')?.oldestUnreadAgeSeconds;
    expect(age).toBeGreaterThan(85);
    expect(age).toBeLessThan(120);
  }, 10_000);
});
