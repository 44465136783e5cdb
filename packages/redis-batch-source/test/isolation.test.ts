import { expect, it, vi } from 'vitest';
import type { Lease, RedisBatchSource } from '../src/index.ts';
import { group, Puller, useRedis } from './harness.ts';

const { add, redis, source } = useRedis();

/** What a consumer leaves behind that is killed right after it read, `deliveries` times. */
async function crash(consumer: string, camera: string, count: number, deliveries = 1): Promise<string[]> {
  const key = `frames:${camera}`;
  await redis()
    .xgroup('CREATE', key, group, '0')
    .catch(() => undefined); // may be there
  const reply = await redis().xreadgroup('GROUP', group, consumer, 'COUNT', count, 'STREAMS', key, '>');
  const [[, entries]] = reply as [[string, [string, string[]][]]];
  const ids = entries.map(([id]) => id);
  for (const id of ids) await redis().xclaim(key, group, consumer, 0, id, 'RETRYCOUNT', deliveries, 'JUSTID');
  return ids;
}

/** `id -> deliveries` of what is pending. */
async function deliveries(camera = 'cam'): Promise<Map<string, number>> {
  const rows = await redis().xpending(`frames:${camera}`, group, '-', '+', 5000);
  return new Map((rows as [string, string, number, number][]).map(([id, , , count]) => [id, count]));
}

/** Pulls and never waits; a lease that is there comes with the next `vi.waitFor`. */
function collect(reading: RedisBatchSource): { readonly leases: Lease[]; readonly end: Promise<void> } {
  const leases: Lease[] = [];
  const end = (async () => {
    for await (const lease of reading.leases()) leases.push(lease);
  })();
  return { leases, end };
}

/** Resolves once the source has looked at Redis some times more: whatever it would have read, it has read by then. */
async function someRounds(reading: RedisBatchSource): Promise<void> {
  const length = (): number => reading.stats().cameras.get('clock')?.streamLength ?? 0;
  for (let round = 0; round < 3; round += 1) {
    const before = length();
    await redis().xadd('frames:clock', '*', 'a', 'b');
    await vi.waitFor(() => expect(length()).toBeGreaterThan(before), 10_000);
  }
}

it('hands out what came back one by one, each once the one before it is settled, and nothing beside', async () => {
  await add('cam', 8);
  const back = await crash('worker-1', 'cam', 3);
  const reading = await source({ maxInFlight: 4 });
  const { leases } = collect(reading);
  for (const [index, id] of back.entries()) {
    await vi.waitFor(() => expect(leases).toHaveLength(index + 1), 10_000);
    await someRounds(reading);
    expect(leases.slice(index).map(({ entryId }) => entryId)).toEqual([id]);
    expect(reading.stats().inFlight).toBe(1);
    const lease = leases[index];
    if (lease !== undefined) await reading.settle(lease, 'published');
  }
  await vi.waitFor(() => expect(leases).toHaveLength(7), 10_000); // 4 fresh ones together
  expect(leases.slice(3).every(({ deliveryCount }) => deliveryCount === 1)).toBe(true);
});

it('counts a delivery only of the entry that runs, so that its neighbours are as they were after the next crash', async () => {
  await add('cam', 3);
  const [first = '', second = '', third = ''] = await crash('worker-1', 'cam', 3);
  const reading = await source({ maxInFlight: 4 });
  expect((await new Puller(reading).one()).entryId).toBe(first);
  expect(await deliveries()).toEqual(
    new Map([
      [first, 2],
      [second, 1],
      [third, 1],
    ]),
  );
});

it('dead-letters the one frame that ends the process each time, and serves its neighbours and what came later', async () => {
  const ids = await add('cam', 4);
  const poison = ids[2];
  const served = new Set<string>();
  let lives = 0;
  for (; lives < 10 && served.size < 9; lives += 1) {
    const reading = await source({ maxInFlight: 4, consumerName: 'worker-1', maxDeliveries: 3 });
    if (lives === 1) await add('cam', 6);
    const batch: Lease[] = [];
    let alive = true;
    for await (const lease of reading.leases()) {
      batch.push(lease);
      const alone = lease.deliveryCount > 1;
      if (!alone && batch.length < 2 && reading.stats().inFlight > batch.length) continue;
      if (batch.some(({ entryId }) => entryId === poison)) {
        alive = false;
        break;
      }
      for (const one of batch.splice(0)) {
        served.add(one.entryId);
        await reading.settle(one, 'published');
      }
      if (served.size === 9) break;
    }
    if (alive) continue;
    // What kill -9 leaves: counts as they are, where a stop would hand back.
    const left = await deliveries();
    await reading.close();
    for (const [id, count] of left) {
      await redis().xclaim('frames:cam', group, 'worker-1', 0, id, 'RETRYCOUNT', count, 'JUSTID');
    }
  }
  expect(served.has(poison ?? '')).toBe(false);
  expect(served.size).toBe(9);
  const letters = await redis().xrange('frames-dead:cam', '-', '+');
  expect(letters.map(([, fields]) => fields.slice(8))).toEqual([
    [
      ...['dead_letter_stream', 'frames:cam', 'dead_letter_reason', 'max_deliveries'],
      ...['dead_letter_entry_id', poison],
      ...['dead_letter_deliveries', '3', 'dead_letter_consumer', 'worker-1'],
    ],
  ]);
});

it('waits for what is in work before it hands out what it took over from a dead worker', async () => {
  await add('cam', 2);
  const [abandoned] = await crash('gone', 'cam', 1);
  const reading = await source({ maxInFlight: 4, claimIdleMs: 100 });
  const { leases } = collect(reading);
  await vi.waitFor(() => expect(leases).toHaveLength(1), 10_000);
  await vi.waitFor(async () => {
    const [row] = (await redis().xpending('frames:cam', group, '-', '+', 1)) as [
      [string, string, number, number],
    ];
    expect(row[2]).toBeGreaterThan(200); // idle for long, and still not taken over
  }, 10_000);
  await add('cam', 3); // nothing fresh is read meanwhile
  await someRounds(reading);
  expect(leases).toHaveLength(1);
  const [fresh] = leases;
  if (fresh !== undefined) await reading.settle(fresh, 'published');
  await vi.waitFor(() => expect(leases).toHaveLength(2), 10_000);
  expect(leases[1]).toMatchObject({ entryId: abandoned, deliveryCount: 2 });
});

it('takes a parked lease for done, be it the isolated one or one in the way', async () => {
  await add('cam', 4);
  await crash('worker-1', 'cam', 2);
  const reading = await source({ maxInFlight: 4 });
  const puller = new Puller(reading);
  const parked = [reading.park(await puller.one()), reading.park(await puller.one())];
  const rest = await puller.some(2);
  expect(rest.map(({ deliveryCount }) => deliveryCount)).toEqual([1, 1]);
  await Promise.all([...parked, ...rest].map((lease) => reading.settle(lease, 'published')));
  expect(reading.stats().inFlight).toBe(0);
});

it.each(['the isolated entry is in work', 'the way is not free'])('stops while %s', async (moment) => {
  await add('cam', 4);
  await crash(moment === 'the way is not free' ? 'gone' : 'worker-1', 'cam', 2);
  const reading = await source({ maxInFlight: 4, claimIdleMs: 100 });
  const { leases, end } = collect(reading);
  await vi.waitFor(() => expect(leases.length).toBeGreaterThan(0), 10_000);
  await someRounds(reading);
  reading.stop({ unpulled: 'serve' });
  await end;
  await Promise.all(leases.map((lease) => reading.settle(lease, 'published')));
  expect(reading.stats().inFlight).toBe(0);
});

it('goes on after the connection broke while an entry ran alone', async () => {
  await add('cam', 5);
  await crash('worker-1', 'cam', 2);
  const reading = await source({ maxInFlight: 4 });
  const puller = new Puller(reading);
  const first = await puller.one();
  await redis().call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await vi.waitFor(() => expect(reading.isHealthy()).toBe(true), 10_000);
  await reading.settle(first, 'published');
  const seen = new Set([first.entryId]);
  while (seen.size < 5) {
    const lease = await puller.one();
    expect(seen.has(lease.entryId)).toBe(false);
    seen.add(lease.entryId);
    await reading.settle(lease, 'published');
  }
  expect(await deliveries()).toEqual(new Map());
});

it('does not let fresh frames starve behind many that came back', async () => {
  await add('old', 120);
  await crash('worker-1', 'old', 120);
  await add('fresh', 40);
  const reading = await source({ maxInFlight: 4 });
  const order: string[] = [];
  for await (const lease of reading.leases()) {
    order.push(lease.streamKey);
    void reading.settle(lease, 'published');
    if (order.length === 160) break;
  }
  expect(order.slice(0, 16)).toEqual(Array.from({ length: 16 }, () => 'frames:old'));
  expect(order.slice(16, 17 + 16)).toContain('frames:fresh');
  expect(order.lastIndexOf('frames:fresh')).toBeLessThan(order.lastIndexOf('frames:old'));
});

it('asks Redis for nothing while it waits for an isolated entry', async () => {
  await add('cam', 2);
  await crash('worker-1', 'cam', 2);
  const reading = await source({ discoveryIntervalMs: 60_000 });
  const { leases } = collect(reading);
  await vi.waitFor(() => expect(leases).toHaveLength(1), 10_000);
  const calls = async (): Promise<string[]> =>
    (await redis().info('commandstats')).match(/cmdstat_(xreadgroup|xpending):calls=\d+/g) ?? [];
  const before = await calls();
  for (let round = 0; round < 200; round += 1) await redis().ping();
  expect(await calls()).toEqual(before);
});

it('hands them out together where it is told not to isolate', async () => {
  await add('cam', 3);
  await crash('worker-1', 'cam', 3);
  const reading = await source({ maxInFlight: 4, isolateRedelivered: false });
  const leases = await new Puller(reading).some(3);
  expect(leases.map(({ deliveryCount }) => deliveryCount)).toEqual([2, 2, 2]);
});

it('has parked frames come back as if for the first time, together, however many there are', async () => {
  await add('cam', 60);
  const reading = await source({ maxInFlight: 4, claimIdleMs: 60_000 });
  const puller = new Puller(reading);
  for (let count = 0; count < 60; count += 1) reading.park(await puller.one());
  await vi.waitFor(async () => expect(new Set((await deliveries()).values())).toEqual(new Set([0])), 10_000);
  const next = await source({ maxInFlight: 4, consumerName: 'worker-2', claimIdleMs: 100 }); // takes worker-1 for dead
  const back = await new Puller(next).some(4);
  expect(back.map(({ deliveryCount }) => deliveryCount)).toEqual([1, 1, 1, 1]);
});

it('keeps parked frames at no delivery with each heartbeat, and when they are handed back', async () => {
  await add('cam', 1);
  const reading = await source({ claimIdleMs: 100 });
  const parked = reading.park(await new Puller(reading).one());
  await redis().xclaim('frames:cam', group, 'worker-1', 0, parked.entryId, 'RETRYCOUNT', 2, 'JUSTID');
  await vi.waitFor(async () => expect([...(await deliveries()).values()]).toEqual([0]), 10_000);
  await reading.settle(parked, 'released');
  expect([...(await deliveries()).values()]).toEqual([0]);
});

it('lets go of thousands of trimmed entries in one go', async () => {
  await add('cam', 3000);
  await crash('worker-1', 'cam', 3000);
  await redis().xtrim('frames:cam', 'MAXLEN', 1);
  const reading = await source({ maxInFlight: 2, claimIdleMs: 60_000 });
  const last = await new Puller(reading).one();
  expect(last.deliveryCount).toBe(2);
  expect(reading.stats().cameras.get('cam')?.outcomes.trimmed).toBe(2999);
});
