import { expect, it, vi } from 'vitest';
import { group, Puller, useRedis } from './harness.ts';

const { add, redis, server, source } = useRedis();

function collectWarnings(): { readonly warnings: string[]; readonly options: Parameters<typeof source>[0] } {
  const warnings: string[] = [];
  const warn = (fields: object, message?: string): void =>
    void warnings.push(`${message} ${JSON.stringify(fields)}`);
  return { warnings, options: { logger: { debug: () => 0, info: () => 0, warn, error: warn } } };
}

it('acks the frames of every other stream where another kind of key took the place of one', async () => {
  const { warnings, options } = collectWarnings();
  await add('well', 4);
  await add('ill', 4);
  const reading = await source({ maxInFlight: 8, discoveryIntervalMs: 60_000, ...options });
  const puller = new Puller(reading);
  const leases = await puller.some(8);
  await redis().set('frames:ill', 'a string');
  await Promise.all(leases.map((lease) => reading.settle(lease, 'published')));
  expect(await redis().xlen('frames:well')).toBe(0);
  const ids = await add('well', 20);
  const more = await puller.some(8);
  expect(more.map(({ entryId }) => entryId)).toEqual(ids.slice(0, 8));
  expect(warnings.filter((text) => text.includes('cannot be acked'))).toHaveLength(1);
});

it('reads every other stream where Redis refuses one key, and says so once', async () => {
  const { warnings, options } = collectWarnings();
  await redis().acl(
    'SETUSER',
    'some',
    'on',
    '>secret',
    'resetkeys',
    '~frames:[^i]*',
    '~trinetra:workers',
    '~frames-dead:*',
    '+@all',
  );
  await add('ill', 4);
  const reading = await source({
    redis: { url: server().url, username: 'some', password: 'secret' },
    ...options,
  });
  const puller = new Puller(reading);
  await vi.waitFor(() => expect(warnings).not.toEqual([]), 10_000);
  const ids = await add('well', 4);
  const leases = await puller.some(4);
  expect(leases.map(({ entryId }) => entryId)).toEqual(ids);
  for (const lease of leases) await reading.settle(lease, 'published');
  await vi.waitFor(() => expect(reading.isHealthy()).toBe(true), 10_000);
  expect(warnings.filter((text) => text.includes('"ill"') && text.includes('cannot be read'))).toHaveLength(
    1,
  );
  expect(warnings).toHaveLength(1);
});

it('recovers and reads all else where a dead letter cannot be written', async () => {
  const { warnings, options } = collectWarnings();
  const [tooOften = ''] = await add('ill', 2);
  const wellIds = await add('well', 3);
  for (const camera of ['ill', 'well']) {
    await redis().xgroup('CREATE', `frames:${camera}`, group, '0');
    await redis().xreadgroup('GROUP', group, 'worker-1', 'COUNT', 1, 'STREAMS', `frames:${camera}`, '>');
  }
  await redis().xclaim('frames:ill', group, 'worker-1', 0, tooOften, 'RETRYCOUNT', 9);
  await redis().set('frames-dead:ill', 'a string');
  const reading = await source({ maxInFlight: 8, isolateRedelivered: false, ...options });
  const leases = await new Puller(reading).some(4);
  expect(leases.filter(({ streamKey }) => streamKey === 'frames:well').map(({ entryId }) => entryId)).toEqual(
    wellIds,
  );
  expect(warnings.filter((text) => text.includes('cannot be recovered'))).toHaveLength(1);
  expect((await redis().xpending('frames:ill', group, '-', '+', 9)).length, 'none is lost').toBe(2);
});
