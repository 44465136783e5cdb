import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Logger } from '@trinetra/contracts';
import { expect, it, vi } from 'vitest';
import type { RedisBatchSource } from '../src/index.ts';
import { group, Puller, useRedis } from './harness.ts';

const { add, redis, server, source } = useRedis();

function notes(): { readonly warnings: { fields: object; text: string }[]; readonly logger: Logger } {
  const warnings: { fields: object; text: string }[] = [];
  const nothing = (): void => undefined;
  const warn = (fields: object, text: string): void => void warnings.push({ fields, text });
  return { warnings, logger: { debug: nothing, info: nothing, warn, error: nothing } };
}

async function named(reading: RedisBatchSource, name: string): Promise<void> {
  await vi.waitFor(() => expect(reading.consumerName).toBe(name), { timeout: 20_000 });
}

it('reads under another name where a living one has its own, takes nothing from it, and says so once', async () => {
  await add('cam', 8);
  const holder = await source({ maxInFlight: 4 });
  const held = await new Puller(holder).some(4);
  const { warnings, logger } = notes();
  const twin = await source({ maxInFlight: 4, logger });
  const others = await new Puller(twin).some(4);
  expect(others.map(({ deliveryCount }) => deliveryCount)).toEqual([1, 1, 1, 1]);
  expect(new Set([...held, ...others].map(({ entryId }) => entryId)).size).toBe(8);
  await named(twin, 'worker-1-2');
  expect(holder.consumerName).toBe('worker-1');
  const consumers = JSON.stringify(await redis().xinfo('CONSUMERS', 'frames:cam', group));
  expect(consumers).toContain('"worker-1-2"');
  await vi.waitFor(() => expect(warnings).not.toEqual([]), 10_000);
  expect(warnings).toEqual([
    {
      fields: {
        consumerName: 'worker-1',
        holder: { host: expect.any(String), pid: process.pid },
        now: 'worker-1-2',
      },
      text: expect.stringContaining('another living worker has this name'),
    },
  ]);
  const third = await source();
  await named(third, 'worker-1-3');
});

it('has its name and its frames back within the lease where the holder was killed', async () => {
  await add('cam', 4);
  const code = `
    const { createRedisBatchSource } = await import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)});
    const source = await createRedisBatchSource({ redis: { url: '${server().url}' }, consumerName: 'worker-1', maxInFlight: 4 });
    for await (const lease of source.leases()) console.log(lease.entryId);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  for (let count = 0; count < 4; count += 1) await lines.next();
  child.kill('SIGKILL');
  await once(child, 'exit');
  const startedAt = performance.now();
  const { warnings, logger } = notes();
  const reading = await source({ claimIdleMs: 60_000, isolateRedelivered: false, logger });
  const back = await new Puller(reading).some(4);
  expect(performance.now() - startedAt).toBeLessThan(3000);
  expect(back.map(({ deliveryCount }) => deliveryCount)).toEqual([2, 2, 2, 2]);
  expect(reading.consumerName).toBe('worker-1');
  expect(warnings).toEqual([]);
});

it('gives its name back at close(), at once', async () => {
  const first = await source();
  await vi.waitFor(async () => expect(await redis().hlen('trinetra:workers')).toBe(2), 10_000);
  await first.close();
  const startedAt = performance.now();
  const next = await source();
  await add('cam', 1);
  await new Puller(next).one();
  expect(performance.now() - startedAt).toBeLessThan(3000); // without waiting for a lease to end
  expect(next.consumerName).toBe('worker-1');
});

it('takes another name where it comes back and somebody has taken its own meanwhile', async () => {
  await add('cam', 1);
  const { warnings, logger } = notes();
  const paused = await source({ logger });
  const puller = new Puller(paused);
  await paused.settle(await puller.one(), 'published');
  // As if it had stood still for longer than its lease.
  const field = JSON.stringify([group, 'worker-1']);
  const other = JSON.stringify({ prefix: 'frames:', host: 'elsewhere', pid: 7, id: 'another' });
  await redis().hset('trinetra:workers', field, `${Date.now() + 60_000} ${other}`);
  await named(paused, 'worker-1-2');
  expect(warnings.map(({ fields }) => fields)).toEqual([
    { consumerName: 'worker-1', holder: { host: 'elsewhere', pid: 7 }, now: 'worker-1-2' },
  ]);
  await add('cam', 1);
  await paused.settle(await puller.one(), 'published');
  expect(paused.stats().cameras.get('cam')?.outcomes.published).toBe(2);
});
