import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { Puller, useRedis } from './harness.ts';

const { add, redis, server, source } = useRedis();

/** Enough that a round over all of them takes seconds. */
const foreignKeys = 500_000;

/** One call, half a second. */
const populate = (): Promise<unknown> =>
  redis().eval(
    "for i = 1, ARGV[1] do redis.call('SET', 'session:' .. i, '0123456789abcdef') end",
    0,
    foreignKeys,
  );

function cpuSeconds(): number {
  const fields = readFileSync(`/proc/${server().pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

it('finds cameras among half a million other keys without taking Redis from the others', {
  timeout: 60_000,
}, async () => {
  await populate();
  await add('cam_1', 1);
  const reading = await source({ maxInFlight: 8, discoveryIntervalMs: 50 });
  const puller = new Puller(reading);
  await reading.settle(await puller.one(), 'published');
  // Not in the first round, which is a faster one.
  await add('cam_2', 1);
  await reading.settle(await puller.one(), 'published');
  const [startedAt, cpu] = [performance.now(), cpuSeconds()];
  // Several rounds: each new camera is found by one of them, and known ones are served and measured all the time.
  for (const camera of ['cam_3', 'cam_4', 'cam_5']) {
    await add(camera, 1);
    await add('cam_1', 1);
    const leases = await puller.some(2);
    expect(leases.map(({ streamKey }) => streamKey)).toEqual(['frames:cam_1', `frames:${camera}`]);
    for (const lease of leases) await reading.settle(lease, 'published');
    expect(reading.isHealthy()).toBe(true);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  expect((cpuSeconds() - cpu) / seconds).toBeLessThan(0.25);
  expect(seconds).toBeLessThan(40);
});

it('measures the cameras that it knows while it looks for others', async () => {
  await add('cam_1', 1);
  const reading = await source({ discoveryIntervalMs: 100 });
  await new Puller(reading).one();
  await populate();
  const before = scansOf(await redis().info('commandstats'));
  for (const unread of [1, 2, 3]) {
    await add('cam_1', 1);
    await vi.waitFor(() => expect(reading.stats().cameras.get('cam_1')?.unread).toBe(unread), 10_000);
  }
  const calls = scansOf(await redis().info('commandstats')) - before;
  expect(calls, 'the round over all keys is not over').toBeLessThan(foreignKeys / 1000);
});

function scansOf(info: string): number {
  return Number(/cmdstat_scan:calls=(\d+)/.exec(info)?.[1]);
}
