import type { Logger } from '@trinetra/contracts';
import { expect, it, vi } from 'vitest';
import type { RedisBatchSource } from '../src/index.ts';
import { Puller, useRedis } from './harness.ts';

const { add, redis, source } = useRedis();

/** Settles all that comes; gives the ids. */
function serve(reading: RedisBatchSource): string[] {
  const ids: string[] = [];
  void (async () => {
    for await (const lease of reading.leases()) {
      ids.push(lease.entryId);
      void reading.settle(lease, 'published');
    }
  })();
  return ids;
}

it('gives every frame of a camera that comes to each of two groups that were there before it', async () => {
  const colours = ['blue', 'green'];
  const sources = await Promise.all(
    colours.map((name, index) =>
      // One looks for streams a hundred times as often as the other.
      source({ consumerGroup: name, consumerName: name, discoveryIntervalMs: index === 0 ? 10 : 1000 }),
    ),
  );
  await vi.waitFor(async () => expect(await redis().hlen('trinetra:workers')).toBe(3), 10_000);
  const seen = sources.map(serve);
  const ids: string[] = [];
  for (let round = 0; round < 120; round += 1) ids.push(...(await add('cam', 1)));
  await vi.waitFor(() => expect(seen).toEqual([ids, ids]), { timeout: 10_000 });
});

it('does so too where Redis has lost its memory of who lives', async () => {
  const [blue, green] = await Promise.all([
    source({ consumerGroup: 'blue', consumerName: 'blue', discoveryIntervalMs: 10 }),
    source({ consumerGroup: 'green', consumerName: 'green', discoveryIntervalMs: 1000 }),
  ]);
  const seen = [blue, green].map(serve);
  await vi.waitFor(async () => expect(await redis().hlen('trinetra:workers')).toBe(3), 10_000);
  await redis().flushall();
  const ids = await add('cam', 20);
  await vi.waitFor(() => expect(seen).toEqual([ids, ids]), { timeout: 10_000 });
});

it('deletes later what it acked while it could not know who lives', async () => {
  await redis().del('trinetra:workers'); // as on the first day
  const reading = await source();
  serve(reading);
  await add('cam', 3);
  await vi.waitFor(() => expect(reading.stats().cameras.get('cam')?.outcomes.published).toBe(3), 10_000);
  expect(await redis().xlen('frames:cam')).toBe(3);
  await vi.waitFor(async () => expect(await redis().xlen('frames:cam')).toBe(0), { timeout: 5000 });
});

it('deletes later what it gave up while it could not know who lives', async () => {
  await add('cam', 1);
  await redis().xgroup('CREATE', 'frames:cam', 'inference-workers', '0');
  const [id = ''] = await add('cam', 1);
  await redis().xreadgroup('GROUP', 'inference-workers', 'gone', 'STREAMS', 'frames:cam', '>');
  await redis().xclaim('frames:cam', 'inference-workers', 'worker-1', 0, id, 'RETRYCOUNT', 9);
  await redis().del('trinetra:workers');
  serve(await source({ claimIdleMs: 100 }));
  await vi.waitFor(async () => expect(await redis().xlen('frames:cam')).toBe(0), { timeout: 5000 });
  expect(await redis().xlen('frames-dead:cam')).toBe(1);
});

it('goes on deleting where a living group reads other streams', async () => {
  const other = await source({ consumerGroup: 'other', consumerName: 'other', streamPattern: 'other:*' });
  await vi.waitFor(async () => expect(await redis().hlen('trinetra:workers')).toBe(2), 10_000);
  const reading = await source();
  await add('cam', 1);
  await reading.settle(await new Puller(reading).one(), 'published');
  expect(await redis().xlen('frames:cam')).toBe(0);
  await other.close();
});

it('warns once of a group that nobody reads, tells in how many streams that is so, and nothing of one that is read', async () => {
  const warnings: object[] = [];
  const nothing = (): void => undefined;
  const logger: Logger = {
    debug: nothing,
    info: nothing,
    warn: (fields) => warnings.push(fields),
    error: nothing,
  };
  for (const camera of ['one', 'two']) {
    await add(camera, 1);
    await redis().xgroup('CREATE', `frames:${camera}`, 'abandoned', '0');
    await redis().xgroup('CREATE', `frames:${camera}`, 'reader', '0');
  }
  const reading = await source({ claimIdleMs: 200, logger });
  serve(reading);
  await vi.waitFor(
    async () => {
      for (const camera of ['one', 'two']) {
        await add(camera, 1);
        await redis().xreadgroup('GROUP', 'reader', 'r', 'COUNT', 1, 'STREAMS', `frames:${camera}`, '>');
      }
      expect(warnings.length).toBeGreaterThan(0);
    },
    { timeout: 5000 },
  );
  const looks = reading.stats().cameras.get('two')?.streamLength ?? 0;
  await add('two', 1);
  await vi.waitFor(
    () => expect(reading.stats().cameras.get('two')?.streamLength).toBeGreaterThan(looks),
    10_000,
  );
  expect(warnings).toEqual([{ group: 'abandoned', camera_id: expect.any(String) }]);
  await vi.waitFor(() => expect(reading.stats().unreadGroups).toEqual(new Map([['abandoned', 2]])), 10_000);
  await redis().xgroup('DESTROY', 'frames:one', 'abandoned');
  await vi.waitFor(() => expect(reading.stats().unreadGroups).toEqual(new Map([['abandoned', 1]])), 10_000);
  await redis().xreadgroup('GROUP', 'abandoned', 'r', 'STREAMS', 'frames:two', '>');
  await vi.waitFor(() => expect(reading.stats().unreadGroups).toEqual(new Map()), 10_000);
});
