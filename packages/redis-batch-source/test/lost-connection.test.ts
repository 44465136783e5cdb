import { startSlowLink } from '@trinetra/local-servers';
import { expect, it, vi } from 'vitest';
import { group, Puller, useRedis } from './harness.ts';

const { add, redis, server, source } = useRedis();

async function sourceClients(): Promise<string[]> {
  const lines = String(await redis().client('LIST')).split('\n');
  return lines.filter((line) => line.includes('name=trinetra:worker-1'));
}

/** Holds the scripts of the source inside Redis, and ends its connection with one of them under way. */
async function killInFlight(how: 'type' | 'id'): Promise<void> {
  await redis().client('PAUSE', 60_000, 'WRITE');
  const client = await vi.waitFor(async () => {
    const [line = ''] = await sourceClients();
    expect(line).toMatch(/flags=b\b/);
    return line;
  }, 10_000);
  const id = /id=(\d+)/.exec(client)?.[1] ?? '';
  if (how === 'type') await redis().call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  else await redis().call('CLIENT', 'KILL', 'ID', id);
  await redis().client('UNPAUSE');
}

it.each(['type', 'id'] as const)(
  'leases a frame at once after CLIENT KILL by %s, not after the 5 s of a command, each of 20 times',
  async (how) => {
    await add('cam', 1);
    const reading = await source({ discoveryIntervalMs: 60_000 }); // from now on, only reads
    const puller = new Puller(reading);
    await reading.settle(await puller.one(), 'published');
    const tookMs: number[] = [];
    for (let time = 0; time < 20; time += 1) {
      const next = puller.one();
      await killInFlight(how);
      const startedAt = performance.now();
      const [id] = await add('cam', 1);
      const lease = await next;
      tookMs.push(performance.now() - startedAt);
      expect(lease.entryId).toBe(id);
      await reading.settle(lease, 'published');
    }
    const sorted = tookMs.toSorted((a, b) => a - b);
    expect(sorted[10]).toBeLessThan(1000);
    expect(sorted.at(-1)).toBeLessThan(4000); // a busy machine may take its time now and then
    expect((await redis().xpending('frames:cam', group))[0]).toBe(0);
  },
);

it('replaces a connection that fell silent without an end, and takes up what its last read had leased', async () => {
  await using link = await startSlowLink({ port: server().port, bytesPerSecond: 1e6 });
  await using reading = await source({
    redis: { url: `redis://127.0.0.1:${link.port}` },
    maxInFlight: 4,
    commandTimeoutMs: 500,
  });
  const puller = new Puller(reading);
  const ids: string[] = [];
  for (let at = 0; at < 8; at += 1)
    ids.push(String(await redis().xadd('frames:cam', '*', 'frame', Buffer.alloc(300_000))));
  const next = puller.one();
  const before = link.passedBytes;
  await vi.waitFor(() => expect(link.passedBytes).toBeGreaterThan(before + 100_000), 10_000); // part of the first answer
  link.silence();
  // None of them is suspected of having ended a process: they come side by side, and none counts as delivered before.
  const leases = [await next, ...(await puller.some(3))];
  for (const lease of leases) void reading.settle(lease, 'published');
  leases.push(...(await puller.some(4)));
  expect(leases.map(({ entryId }) => entryId)).toEqual(ids);
  expect(leases.map(({ deliveryCount }) => deliveryCount)).toEqual(ids.map(() => 1));
  await Promise.all(leases.map((lease) => reading.settle(lease, 'published')));
  expect((await redis().xpending('frames:cam', group))[0]).toBe(0);
});
