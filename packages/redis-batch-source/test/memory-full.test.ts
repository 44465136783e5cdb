import type { Logger } from '@trinetra/contracts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createDeadLetterStore, type Lease } from '../src/index.ts';
import { group, Puller, useRedis } from './harness.ts';

const { add, redis, server, source } = useRedis();

beforeEach(() => redis().config('SET', 'maxmemory-policy', 'noeviction'));
afterEach(() => redis().config('SET', 'maxmemory', '0'));

/** Sets the limit below what is used by now; in the same step, entries come to a stream that nobody has looked at. */
async function fillMemory(newCamera?: string): Promise<void> {
  const steps = redis().multi();
  if (newCamera !== undefined)
    for (let at = 0; at < 20; at += 1) steps.xadd(`frames:${newCamera}`, '*', 'frame', String(at));
  await steps.config('SET', 'maxmemory', '100kb').exec();
  await expect(redis().xadd('frames:cam_0', '*', 'a', 'b')).rejects.toThrow(/^OOM/);
}

function collectLog(): { readonly lines: string[]; readonly logger: Logger } {
  const lines: string[] = [];
  const note = (fields: object, message?: string): void =>
    void lines.push(`${message} ${JSON.stringify(fields)}`);
  return { lines, logger: { debug: () => 0, info: note, warn: note, error: note } };
}

it('serves what is there, frees memory, and serves a new camera at once', async () => {
  const { lines, logger } = collectLog();
  for (const camera of ['cam_0', 'cam_1', 'cam_2']) await add(camera, 20);
  const reading = await source({ maxInFlight: 4, logger });
  const puller = new Puller(reading);
  const seen: Lease[] = await puller.some(4);
  await fillMemory('new');
  for (const lease of seen) void reading.settle(lease, 'published');
  while (seen.length < 80) {
    const lease = await puller.one();
    seen.push(lease);
    await reading.settle(lease, 'published');
  }
  expect(new Set(seen.map(({ streamKey, entryId }) => streamKey + entryId)).size).toBe(80);
  for (const camera of ['cam_0', 'cam_1', 'cam_2', 'new']) {
    expect(await redis().xlen(`frames:${camera}`)).toBe(0);
    expect((await redis().xpending(`frames:${camera}`, group))[0]).toBe(0);
  }
  const warnings = (): string[] => lines.filter((line) => !line.startsWith('new streams'));
  await vi.waitFor(() => expect(warnings()).not.toEqual([]), 10_000);
  expect(warnings()).toEqual([expect.stringMatching(/no memory left.*raise maxmemory.*OOM/)]);
  expect(reading.isHealthy()).toBe(true);
});

it('says again that the memory is full only after it was free for a while', async () => {
  const { lines, logger } = collectLog();
  const count = (text: string): number => lines.filter((line) => line.includes(text)).length;
  await source({ discoveryIntervalMs: 10, logger });
  for (let time = 1; time <= 2; time += 1) {
    await fillMemory();
    await vi.waitFor(() => expect(count('no memory left')).toBe(time), 10_000);
    await redis().config('SET', 'maxmemory', '0');
    await vi.waitFor(() => expect(count('has memory again')).toBe(time), 10_000);
  }
  expect(lines).toHaveLength(4);
});

it('takes up, keeps alive, dead-letters and replays with a full memory', async () => {
  const [tooOften = '', back = ''] = await add('cam_0', 3);
  await redis().xgroup('CREATE', 'frames:cam_0', group, '0');
  await redis().xreadgroup('GROUP', group, 'gone', 'COUNT', 2, 'STREAMS', 'frames:cam_0', '>');
  await redis().xclaim('frames:cam_0', group, 'gone', 0, tooOften, 'RETRYCOUNT', 3);
  await fillMemory();
  const reading = await source({ claimIdleMs: 100, maxDeliveries: 3, isolateRedelivered: false });
  const puller = new Puller(reading);
  const leases = await puller.some(2);
  expect(leases.map(({ entryId }) => entryId)).toContain(back);
  await vi.waitFor(async () => expect(await redis().xlen('frames-dead:cam_0')).toBe(1), 10_000);
  // Heartbeats: the idle time falls back.
  const idle: number[] = [];
  await vi.waitFor(
    async () => {
      const rows = (await redis().xpending('frames:cam_0', group, '-', '+', 1)) as [[string, string, number]];
      idle.push(rows[0][2]);
      expect(idle.filter((ms, at) => ms < (idle[at - 1] ?? 0)).length).toBeGreaterThanOrEqual(3);
    },
    { interval: 5 },
  );
  for (const lease of leases) await reading.settle(lease, 'published');
  await using letters = await createDeadLetterStore({ redis: { url: server().url } });
  const [letter] = await letters.list('cam_0');
  expect((await letters.replay('cam_0', letter?.id ?? '')).outcome).toBe('replayed');
  expect((await puller.one()).deliveryCount).toBe(1);
});
