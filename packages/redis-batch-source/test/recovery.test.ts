import { expect, it, vi } from 'vitest';
import { group, Puller, useRedis } from './harness.ts';

const { add, redis, source, server } = useRedis();

/** What a consumer leaves behind that is killed right after it read. */
async function crashAfterReading(consumer: string, camera: string, count: number): Promise<void> {
  await redis()
    .xgroup('CREATE', `frames:${camera}`, group, '0')
    .catch(() => undefined); // may be there
  await redis().xreadgroup('GROUP', group, consumer, 'COUNT', count, 'STREAMS', `frames:${camera}`, '>');
}

async function pending(camera: string): Promise<number> {
  const [count] = await redis().xpending(`frames:${camera}`, group);
  return Number(count);
}

it('takes up what it left pending in an earlier life before anything new', async () => {
  const ids = await add('cam', 10);
  await crashAfterReading('worker-1', 'cam', 3);
  const reading = await source({ maxInFlight: 4 });
  const puller = new Puller(reading);
  for (const id of ids.slice(0, 3)) {
    const lease = await puller.one();
    expect(lease).toMatchObject({ entryId: id, deliveryCount: 2 });
    await reading.settle(lease, 'published');
  }
  expect((await puller.one()).entryId).toBe(ids[3]);
  expect(reading.stats().reclaimed).toBe(3);
});

it('takes up more than there is room for bit by bit', async () => {
  await add('cam', 30);
  await add('other', 30);
  await crashAfterReading('worker-1', 'cam', 25);
  await crashAfterReading('worker-1', 'other', 25);
  const reading = await source({ maxInFlight: 4 });
  const puller = new Puller(reading);
  const seen = new Set<string>();
  while (seen.size < 60) {
    const lease = await puller.one();
    seen.add(`${lease.streamKey} ${lease.entryId}`);
    expect(reading.stats().inFlight).toBeLessThanOrEqual(4);
    await reading.settle(lease, 'published');
  }
  expect((await pending('cam')) + (await pending('other'))).toBe(0);
  expect(reading.stats().reclaimed).toBe(50);
});

it('takes over the entries of a crashed worker once they are idle for claimIdleMs', async () => {
  const ids = await add('cam', 3);
  await crashAfterReading('gone', 'cam', 3);
  const reading = await source({ claimIdleMs: 150 });
  const puller = new Puller(reading);
  for (const id of ids) {
    const lease = await puller.one();
    expect(lease).toMatchObject({ entryId: id, deliveryCount: 2 });
    await reading.settle(lease, 'published');
  }
});

it('keeps its leases alive: what is in work for long is not taken over', async () => {
  await add('cam', 1);
  const slow = await source({ consumerName: 'slow', claimIdleMs: 150 });
  const lease = await new Puller(slow).one();
  const other = await source({ consumerName: 'other', claimIdleMs: 150 });
  const taken = new Puller(other).next();
  // Several heartbeats: the idle time falls back again and again, and the owner stays.
  let resets = 0;
  let last = 0;
  await vi.waitFor(
    async () => {
      const [row] = (await redis().xpending('frames:cam', group, '-', '+', 10)) as [
        [string, string, number, number],
      ];
      expect(row[1]).toBe('slow');
      expect(row[3]).toBe(1);
      if (row[2] < last) resets += 1;
      last = row[2];
      expect(resets).toBeGreaterThanOrEqual(6);
    },
    { timeout: 10_000, interval: 5 },
  );
  await slow.settle(lease, 'published');
  other.stop();
  expect((await taken).done).toBe(true);
});

it('moves an entry that was delivered maxDeliveries times to the dead-letter stream', async () => {
  const [id] = await add('cam', 2);
  await crashAfterReading('worker-1', 'cam', 1);
  await redis().xclaim('frames:cam', group, 'worker-1', 0, id ?? '', 'RETRYCOUNT', 3);
  const reading = await source({ maxDeliveries: 3 });
  const lease = await new Puller(reading).one();
  expect(lease.entryId).not.toBe(id);
  const [[, fields = []] = ['', []]] = await redis().xrange('frames-dead:cam', '-', '+');
  expect(fields).toEqual(
    expect.arrayContaining(['camera_id', 'cam', 'dead_letter_entry_id', id, 'dead_letter_deliveries', '3']),
  );
  expect(reading.stats().cameras.get('cam')?.outcomes.dead_lettered).toBe(1);
  expect(await pending('cam')).toBe(1); // the lease
  expect(await redis().xlen('frames:cam')).toBe(1);
});

it('counts pending entries whose body was trimmed, and lets go of them', async () => {
  await add('cam', 5);
  await crashAfterReading('worker-1', 'cam', 3);
  await redis().xtrim('frames:cam', 'MAXLEN', 2);
  const reading = await source();
  const puller = new Puller(reading);
  const leases = await puller.some(2);
  expect(leases.every(({ deliveryCount }) => deliveryCount === 1)).toBe(true);
  expect(reading.stats().cameras.get('cam')).toMatchObject({ delivered: 5, inFlight: 2 });
  expect(reading.stats().cameras.get('cam')?.outcomes.trimmed).toBe(3);
  expect(await pending('cam')).toBe(2);
});

it('goes on after FLUSHALL and after its group was destroyed', async () => {
  await add('cam', 1);
  const reading = await source();
  const puller = new Puller(reading);
  await reading.settle(await puller.one(), 'published');
  await redis().flushall();
  await add('cam', 1);
  await reading.settle(await puller.one(), 'published');
  await redis().xgroup('DESTROY', 'frames:cam', group);
  await add('cam', 1);
  await reading.settle(await puller.one(), 'published');
  expect(reading.stats().cameras.get('cam')?.outcomes.published).toBe(3);
});

it('goes on after Redis was killed and started again, without a call that fails', async () => {
  await add('cam', 2);
  const reading = await source();
  const puller = new Puller(reading);
  const lease = await puller.one();
  await server().kill();
  await vi.waitFor(() => expect(reading.isHealthy()).toBe(false), 10_000);
  const settled = reading.settle(lease, 'published');
  await server().restart();
  await settled;
  await vi.waitFor(() => add('cam', 1), { timeout: 10_000 });
  const seen = await puller.some(2); // one was leased before the kill
  expect(new Set([lease, ...seen].map(({ entryId }) => entryId)).size).toBe(3);
  await vi.waitFor(() => expect(reading.isHealthy()).toBe(true), { timeout: 10_000 });
});

it('loses nothing and repeats nothing where Redis stands still and answers late', async () => {
  const reading = await source({ maxInFlight: 8, commandTimeoutMs: 200, claimIdleMs: 60_000 });
  const puller = new Puller(reading);
  const seen: string[] = [];
  const all = (async () => {
    while (seen.length < 40) {
      const lease = await puller.one();
      seen.push(lease.entryId);
      void reading.settle(lease, 'published');
    }
  })();
  const ids = await add('cam', 20);
  server().pause();
  await vi.waitFor(() => expect(reading.isHealthy()).toBe(false), { timeout: 10_000 });
  server().resume();
  ids.push(...(await add('cam', 20)));
  await all;
  expect(new Set(seen)).toEqual(new Set(ids));
  await vi.waitFor(async () => expect(await pending('cam')).toBe(0), { timeout: 10_000 });
  expect(reading.stats().cameras.get('cam')).toMatchObject({ inFlight: 0 });
});

it('waits for a Redis that is away at start', async () => {
  await server().kill();
  const waiting = source();
  const reading = await waiting;
  const next = new Puller(reading).one();
  await server().restart();
  await vi.waitFor(() => add('cam', 1), { timeout: 10_000 });
  expect((await next).streamKey).toBe('frames:cam');
});

it('closes in time while Redis is away', async () => {
  await add('cam', 1);
  const reading = await source({ drainTimeoutMs: 100 });
  const lease = await new Puller(reading).one();
  await server().kill();
  const settled = reading.settle(lease, 'published');
  await reading.close();
  await settled;
  await server().restart();
});

it('removes consumers that have been silent for long, but none that still holds an entry', async () => {
  await add('cam', 2);
  await redis().xgroup('CREATE', 'frames:cam', group, '0');
  await redis().xgroup('CREATECONSUMER', 'frames:cam', group, 'gone');
  await crashAfterReading('holder', 'cam', 1);
  const reading = await source({ claimIdleMs: 100, isolateRedelivered: false });
  const puller = new Puller(reading);
  const names = async (): Promise<string> =>
    JSON.stringify(await redis().xinfo('CONSUMERS', 'frames:cam', group));
  const [first, second] = await puller.some(2); // that of the holder among them
  expect(await names()).toContain('"holder"');
  await vi.waitFor(async () => expect(await names()).not.toMatch(/"(gone|holder)"/), { timeout: 5000 });
  expect(await names()).toContain('"worker-1"');
  for (const lease of [first, second]) if (lease !== undefined) await reading.settle(lease, 'published');
  // Removed or not, it reads on.
  const [late] = await add('cam', 1);
  expect((await puller.one()).entryId).toBe(late);
});

it('works once on what is in work, also where Redis forgot that it delivered it', async () => {
  await add('cam', 5);
  const reading = await source({ maxInFlight: 8 });
  const puller = new Puller(reading);
  const leases = await puller.some(5);
  await redis().xgroup('SETID', 'frames:cam', group, '0'); // as after a failover to a replica that lags
  const [sixth] = await add('cam', 1);
  const last = await puller.one();
  expect(last.entryId).toBe(sixth);
  for (const lease of [...leases, last]) await reading.settle(lease, 'published');
  expect(reading.stats().cameras.get('cam')).toMatchObject({
    delivered: 6,
    inFlight: 0,
  });
  expect(reading.stats().inFlight).toBe(0);
  expect(await pending('cam')).toBe(0);
});
