import { expect, it, vi } from 'vitest';
import { RedisBatchSourceError } from '../src/index.ts';
import { countByStream, group, Puller, useRedis } from './harness.ts';

const { add, redis, source, server } = useRedis();

async function pendingIn(cameras: readonly string[]): Promise<number> {
  const counts = await Promise.all(cameras.map((camera) => redis().xpending(`frames:${camera}`, group)));
  return counts.reduce((sum, [count]) => sum + Number(count), 0);
}

it('leases as many entries as there is room for, whatever the number of streams', async () => {
  const cameras = Array.from({ length: 40 }, (_, index) => `cam_${index}`);
  for (const camera of cameras) await add(camera, 10);
  const reading = await source({ maxInFlight: 4 });
  const puller = new Puller(reading);
  const first = await puller.some(4);
  expect(await pendingIn(cameras)).toBe(4);
  const fifth = puller.one();
  const [settled] = first;
  if (settled !== undefined) await reading.settle(settled, 'published');
  await fifth;
  expect(reading.stats().inFlight).toBe(4);
  expect(await pendingIn(cameras)).toBe(4);
});

it('reads in lots while more waits than there is room for, not once for each lease that is settled', async () => {
  await add('cam', 400);
  const monitor = await redis().duplicate().monitor();
  let reads = 0;
  monitor.on('monitor', (_time: string, args: readonly string[]) => {
    const keys = Number(args[2]);
    if (/^eval/i.test(args[0] ?? '') && args[4 + keys] === 'worker-1' && args[3] === 'frames:cam') reads += 1;
  });
  const reading = await source({ maxInFlight: 16 });
  const puller = new Puller(reading);
  const held = await puller.some(16);
  const counts: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    reads = 0;
    const more = puller.some(8);
    for (const lease of held.splice(0, 8)) {
      void reading.settle(lease, 'published');
      await new Promise((resolve) => setImmediate(resolve));
    }
    held.push(...(await more));
    await redis().ping(); // what was read is in the monitor's stream by now
    counts.push(reads);
  }
  monitor.disconnect();
  expect(Math.max(...counts)).toBeGreaterThan(0);
  expect(Math.min(...counts)).toBeLessThanOrEqual(3); // a busy machine spreads some of the rounds over more
});

it('serves backlogged cameras of one type equally, to within a batch at every moment', async () => {
  const cameras = Array.from({ length: 40 }, (_, index) => `cam_${index}`);
  for (const camera of cameras) await add(camera, 20);
  const reading = await source();
  const puller = new Puller(reading);
  const leases = [];
  for (let batch = 0; batch < 100; batch += 1) {
    const now = await puller.some(4);
    leases.push(...now);
    const counts = countByStream(leases);
    const served = cameras.map((camera) => counts.get(`frames:${camera}`) ?? 0);
    expect(Math.max(...served) - Math.min(...served)).toBeLessThanOrEqual(4);
    await Promise.all(now.map((lease) => reading.settle(lease, 'published')));
  }
});

it('lets a camera that floods starve nobody', async () => {
  await add('flood', 2000);
  const quiet = Array.from({ length: 7 }, (_, index) => `cam_${index}`);
  for (const camera of quiet) await add(camera, 5);
  const reading = await source();
  const puller = new Puller(reading);
  const leases = [];
  for (let batch = 0; batch < 12; batch += 1) {
    const now = await puller.some(4);
    leases.push(...now);
    await Promise.all(now.map((lease) => reading.settle(lease, 'published')));
  }
  const counts = countByStream(leases);
  for (const camera of quiet) expect(counts.get(`frames:${camera}`)).toBe(5);
});

it('prefers cameras by type, and still gives the last of them its share', async () => {
  await add('till', 400, 'billing');
  await add('attic', 400, 'others');
  const reading = await source();
  await vi.waitFor(() => expect(reading.stats().cameras.size).toBe(2), 10_000); // types are known
  const puller = new Puller(reading);
  const leases = [];
  for (let batch = 0; batch < 45; batch += 1) {
    const now = await puller.some(4);
    leases.push(...now);
    await Promise.all(now.map((lease) => reading.settle(lease, 'published')));
  }
  const counts = countByStream(leases);
  expect(counts.get('frames:till')).toBeGreaterThanOrEqual(155); // 8 of 9 are 160
  expect(counts.get('frames:attic')).toBeGreaterThanOrEqual(15); // 1 of 9 are 20
});

it('hands out the entries of a camera in stream order, with binary fields intact', async () => {
  const bytes = Buffer.from([0, 255, 13, 10, 128, 0]);
  const ids = [];
  for (let index = 0; index < 30; index += 1)
    ids.push(await redis().xadd('frames:cam', '*', 'camera_id', 'cam', 'frame', bytes));
  const reading = await source({ maxInFlight: 30 });
  const leases = await new Puller(reading).some(30);
  expect(leases.map(({ entryId }) => entryId)).toEqual(ids);
  expect(leases.every(({ fields }) => fields[3]?.equals(bytes))).toBe(true);
  expect(leases.every(({ deliveryCount }) => deliveryCount === 1)).toBe(true);
});

it('serves a camera that comes while it runs, and one whose entry is alone among 200 idle streams', async () => {
  for (let index = 0; index < 200; index += 1) {
    await redis().xgroup('CREATE', `frames:idle_${index}`, group, '0', 'MKSTREAM');
  }
  const reading = await source();
  const puller = new Puller(reading);
  await vi.waitFor(() => expect(reading.stats().cameras.size).toBe(200), 10_000);
  await add('idle_137', 1);
  expect((await puller.one()).streamKey).toBe('frames:idle_137');
  await add('late', 1);
  expect((await puller.one()).streamKey).toBe('frames:late');
});

it('acks what is settled, and deletes it where no other group reads the stream', async () => {
  await add('cam', 4);
  await add('shared', 4);
  await redis().xgroup('CREATE', 'frames:shared', 'recorder', '0');
  const reading = await source({ maxInFlight: 8 });
  const leases = await new Puller(reading).some(8);
  await Promise.all(leases.map((lease) => reading.settle(lease, 'published')));
  expect(await pendingIn(['cam', 'shared'])).toBe(0);
  expect(await redis().xlen('frames:cam')).toBe(0);
  expect(await redis().xlen('frames:shared')).toBe(4);
});

it.each([
  ['on', 0],
  ['off', 4],
] as const)(
  'with deleteAcked %s leaves %i of 4 acked entries where another group reads',
  async (deleteAcked, left) => {
    await add('cam', 4);
    await redis().xgroup('CREATE', 'frames:cam', 'recorder', '0');
    const reading = await source({ deleteAcked });
    const leases = await new Puller(reading).some(4);
    await Promise.all(leases.map((lease) => reading.settle(lease, 'corrupt')));
    expect(await redis().xlen('frames:cam')).toBe(left);
  },
);

it('acks a lease once, and counts its first outcome', async () => {
  await add('cam', 1);
  const reading = await source();
  const lease = await new Puller(reading).one();
  await reading.settle(lease, 'published');
  await reading.settle(lease, 'corrupt');
  const { outcomes, delivered, inFlight } = reading.stats().cameras.get('cam') ?? expect.unreachable();
  expect(outcomes).toMatchObject({ published: 1, corrupt: 0 });
  expect([delivered, inFlight]).toEqual([1, 0]);
});

it('serves what it has read after stop(), where it is told to, and then ends', async () => {
  await add('cam', 10);
  const reading = await source({ maxInFlight: 4 });
  const puller = new Puller(reading);
  const leases = [await puller.one()];
  reading.stop({ unpulled: 'serve' });
  leases.push(...(await puller.some(3)));
  expect((await puller.next()).done).toBe(true);
  await Promise.all(leases.map((lease) => reading.settle(lease, 'published')));
  await reading.close();
  expect(reading.stats().cameras.get('cam')).toMatchObject({ delivered: 4, inFlight: 0 });
  expect((await redis().xpending('frames:cam', group))[0]).toBe(0);
});

it('ends after stop() and releases what nobody pulled, ready for others at once', async () => {
  await add('cam', 4);
  const reading = await source({ maxInFlight: 4 });
  const puller = new Puller(reading);
  const lease = await puller.one();
  reading.stop();
  expect((await puller.next()).done).toBe(true);
  await reading.settle(lease, 'published');
  await reading.close();
  expect(reading.stats().cameras.get('cam')?.outcomes).toMatchObject({ published: 1, released: 3 });

  const other = await source({ consumerName: 'worker-2', maxInFlight: 4 });
  const taken = await new Puller(other).some(3);
  expect(taken.map(({ deliveryCount }) => deliveryCount)).toEqual([1, 1, 1]);
});

it('ends where its signal aborts, also while it waits for entries', async () => {
  const reading = await source();
  const abort = new AbortController();
  const iterator = reading.leases({ signal: abort.signal })[Symbol.asyncIterator]();
  const next = iterator.next();
  abort.abort();
  expect((await next).done).toBe(true);
});

it('leaves its groups at close() where nothing is pending, and stays where something is', async () => {
  await add('cam', 1);
  const holder = await source({ consumerName: 'holder' });
  await new Puller(holder).one();
  const idle = await source({ consumerName: 'leaver' });
  const puller = new Puller(idle);
  await add('cam', 1);
  await idle.settle(await puller.one(), 'published');
  await idle.close();
  await holder.close(); // releases, which leaves the entry pending under its name
  const consumers = JSON.stringify(await redis().xinfo('CONSUMERS', 'frames:cam', group));
  expect(consumers).toContain('holder');
  expect(consumers).not.toContain('leaver');
});

it('reads on past parked leases, keeps them alive and acks them like any other', async () => {
  await add('cam', 12);
  const reading = await source({ maxInFlight: 4, claimIdleMs: 150 });
  const other = await source({ consumerName: 'other', claimIdleMs: 150, maxInFlight: 1 });
  const puller = new Puller(reading);
  const parked = (await puller.some(4)).map((lease) => reading.park(lease));
  expect(parked.every(({ fields }) => fields.length === 0)).toBe(true);
  const more = await puller.some(4); // there is room again
  expect(reading.stats().inFlight).toBe(8);
  await Promise.all(more.map((lease) => reading.settle(lease, 'published')));
  const rest = await puller.some(4);
  const taken = new Puller(other).next(); // nothing is left for another worker, however long this one waits
  let heartbeats = 0;
  let last = 0;
  await vi.waitFor(
    async () => {
      const rows = (await redis().xpending('frames:cam', group, '-', '+', 1, 'worker-1')) as [
        [string, string, number, number],
      ];
      expect(rows[0]?.[0]).toBe(parked[0]?.entryId);
      if (rows[0][2] < last) heartbeats += 1;
      last = rows[0][2];
      expect(heartbeats).toBeGreaterThanOrEqual(4);
    },
    { timeout: 10_000, interval: 5 },
  );
  await Promise.all([...parked, ...rest].map((lease) => reading.settle(lease, 'published')));
  expect(await pendingIn(['cam'])).toBe(0);
  expect(reading.stats()).toMatchObject({ inFlight: 0 });
  other.stop();
  expect((await taken).done).toBe(true);
});

it('refuses a second reader', async () => {
  const reading = await source();
  const first = new Puller(reading).next();
  await expect(new Puller(reading).next()).rejects.toMatchObject({ code: 'already_read' });
  reading.stop();
  await first;
});

it('says at once that the password is wrong, without naming it', async () => {
  await redis().config('SET', 'requirepass', 'right');
  try {
    const attempt = source({ redis: { url: server().url, password: 'hunter2' } });
    await expect(attempt).rejects.toSatisfy(
      (error) =>
        RedisBatchSourceError.isInstance(error) &&
        error.code === 'access_denied' &&
        !error.message.includes('hunter2'),
    );
  } finally {
    await redis().config('SET', 'requirepass', '');
  }
});

it('shares streams with other workers: each entry goes to one of them', async () => {
  for (let camera = 0; camera < 5; camera += 1) await add(`cam_${camera}`, 20);
  const seen: string[] = [];
  const drain = async (consumerName: string): Promise<void> => {
    const reading = await source({ consumerName });
    for await (const lease of reading.leases()) {
      seen.push(`${lease.streamKey} ${lease.entryId}`);
      await reading.settle(lease, 'published');
      if (seen.length >= 100) return;
    }
  };
  await Promise.race([drain('a'), drain('b'), drain('c')]);
  expect(new Set(seen).size).toBe(100);
  expect(seen).toHaveLength(100);
});

it('leaves streams alone whose names are not UTF-8, makes none in their place, and logs no hostile name', async () => {
  const raw = Buffer.concat([Buffer.from('frames:'), Buffer.from([0xff, 0xfe])]);
  await redis().xadd(raw, '*', 'camera_id', 'x');
  await add('line\nbreak', 1);
  const logged: string[] = [];
  const note = (fields: object): void => void logged.push(JSON.stringify(fields));
  const logger = { debug: note, info: note, warn: note, error: note };
  const reading = await source({ logger });
  const puller = new Puller(reading);
  expect((await puller.one()).streamKey).toBe('frames:line\nbreak');
  await add('cam_1', 1); // found by a later round
  expect((await puller.one()).streamKey).toBe('frames:cam_1');
  expect(await redis().xinfo('GROUPS', raw)).toEqual([]);
  expect(await redis().dbsize()).toBe(4); // with the registry of workers
  expect(logged).toEqual([
    String.raw`{"stream":"frames:\\xff\\xfe"}`,
    '{"cameras":["_invalid"]}',
    '{"cameras":["cam_1"]}',
  ]);
});

it('tells how long an entry lay in its stream, by the clock of Redis', async () => {
  const [seconds] = await redis().time();
  const ids = [-5, 60].map((offset) => `${(Number(seconds) + offset) * 1000}-0`);
  for (const [at, id] of ids.entries()) await redis().xadd(`frames:cam_${at}`, id, 'frame', 'x');
  const puller = new Puller(await source());
  const waited = new Map((await puller.some(2)).map(({ entryId, waitedMs }) => [entryId, waitedMs]));
  expect(waited.get(ids[0] ?? '')).toBeGreaterThanOrEqual(5000);
  expect(waited.get(ids[0] ?? '')).toBeLessThan(60_000);
  expect(waited.get(ids[1] ?? '')).toBe(0);
});
