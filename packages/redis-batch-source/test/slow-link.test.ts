import { startSlowLink } from '@trinetra/local-servers';
import { expect, it, vi } from 'vitest';
import { group, Puller, useRedis } from './harness.ts';

const { redis, server, source } = useRedis();

/** A frame of this size takes 0.38 s at 12 Mbit/s. */
const frameBytes = 565_000;
const twelveMbit = 1.5e6;

async function addFrames(camera: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1)
    ids.push(String(await redis().xadd(`frames:${camera}`, '*', 'frame', Buffer.alloc(frameBytes, index))));
  return ids;
}

async function pending(): Promise<number> {
  return Number((await redis().xpending('frames:cam', group))[0]);
}

it('serves large frames over a link of 12 Mbit/s in order, and holds no more than it may', async () => {
  await using link = await startSlowLink({ port: server().port, bytesPerSecond: twelveMbit });
  const ids = await addFrames('cam', 24);
  const warnings: unknown[] = [];
  const logger = {
    debug: () => 0,
    info: () => 0,
    warn: (fields: object) => warnings.push(fields),
    error: () => 0,
  };
  await using reading = await source({
    redis: { url: `redis://127.0.0.1:${link.port}` },
    maxInFlight: 20,
    commandTimeoutMs: 2000,
    logger,
  });
  const puller = new Puller(reading);
  const seen: string[] = [];
  while (seen.length < ids.length) {
    const lease = await puller.one();
    seen.push(lease.entryId);
    expect(await pending()).toBeLessThanOrEqual(20);
    expect(reading.isHealthy()).toBe(true);
    // The last ones are held, as by a worker that is slower than the link.
    if (seen.length <= 4) await reading.settle(lease, 'published');
  }
  expect(seen).toEqual(ids);
  expect(link.passedBytes, 'no frame came twice').toBeLessThan(ids.length * frameBytes * 1.05);
  expect(warnings).toEqual([]);
});

it('takes what it asked for while the link was fast, although it became so slow that the time-out passes', async () => {
  await using link = await startSlowLink({ port: server().port, bytesPerSecond: 1e9 });
  await using reading = await source({
    redis: { url: `redis://127.0.0.1:${link.port}` },
    maxInFlight: 8,
    commandTimeoutMs: 500,
  });
  const puller = new Puller(reading);
  for (let round = 0; round < 3; round += 1) {
    await addFrames('cam', 8);
    for (const lease of await puller.some(8)) await reading.settle(lease, 'published');
  }
  link.setBytesPerSecond(twelveMbit);
  const ids = await addFrames('cam', 12);
  const leases = await puller.some(8); // 4.5 MB: 3 s
  expect(await pending()).toBe(8);
  expect(reading.isHealthy()).toBe(true);
  for (const lease of leases) void reading.settle(lease, 'published');
  leases.push(...(await puller.some(4)));
  expect(leases.map(({ entryId }) => entryId)).toEqual(ids);
  expect(leases.every(({ deliveryCount }) => deliveryCount === 1)).toBe(true);
});

it('keeps acks and heartbeats going behind large replies', async () => {
  await using link = await startSlowLink({ port: server().port, bytesPerSecond: twelveMbit });
  await using reading = await source({
    redis: { url: `redis://127.0.0.1:${link.port}` },
    maxInFlight: 20,
    commandTimeoutMs: 2000,
    claimIdleMs: 3000,
  });
  await addFrames('cam', 10);
  const puller = new Puller(reading);
  const [held, ...rest] = await puller.some(2);
  for (const lease of rest) await reading.settle(lease, 'published');
  const idle: number[] = [];
  await puller.some(8);
  await vi.waitFor(
    async () => {
      const rows = (await redis().xpending('frames:cam', group, '-', '+', 1)) as [[string, string, number]];
      expect(rows[0][0]).toBe(held?.entryId);
      idle.push(rows[0][2]);
      expect(idle.some((ms, at) => ms < (idle[at - 1] ?? 0))).toBe(true);
    },
    { timeout: 5000, interval: 20 },
  );
  expect(Math.max(...idle)).toBeLessThan(3000);
});
