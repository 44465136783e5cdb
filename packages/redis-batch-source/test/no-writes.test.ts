import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalRedis, startRedis } from '@trinetra/local-servers';
import { Redis } from 'ioredis';
import { expect, it, vi } from 'vitest';
import { createRedisBatchSource } from '../src/index.ts';
import { group, Puller } from './harness.ts';

/** Lets the server try to save, and resolves once it says how that ended. */
async function save(redis: Redis, ended: 'ok' | 'err'): Promise<void> {
  await redis.bgsave().catch(() => undefined); // one is under way
  await vi.waitFor(
    async () => expect(await redis.info('persistence')).toContain(`rdb_last_bgsave_status:${ended}`),
    { timeout: 10_000 },
  );
}

it('waits where Redis cannot save and so refuses every write, says why, and goes on afterwards', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'trinetra-no-writes-'));
  const server: LocalRedis = await startRedis({ settings: { dir, save: '3600 1' } });
  const redis = new Redis(server.url);
  const warnings: string[] = [];
  const warn = (fields: object, message: string): void =>
    void warnings.push(`${message} ${JSON.stringify(fields)}`);
  try {
    await redis.xadd('frames:cam', '*', 'frame', '1');
    await using reading = await createRedisBatchSource({
      redis: { url: server.url },
      consumerName: 'worker-1',
      maxInFlight: 4,
      discoveryIntervalMs: 50,
      logger: { debug: () => 0, info: () => 0, warn, error: warn },
    });
    const puller = new Puller(reading);
    const lease = await puller.one();
    const id = await redis.xadd('frames:cam', '*', 'frame', '2');
    const second = await puller.one();
    expect(second.entryId).toBe(id);
    await mkdir(join(dir, 'dump.rdb')); // a folder in the place of the file
    await save(redis, 'err');
    await expect(redis.xadd('frames:cam', '*', 'frame', '3')).rejects.toThrow(/^MISCONF/);
    const settled = [reading.settle(lease, 'published'), reading.settle(second, 'published')];
    const next = puller.one();
    await vi.waitFor(() => expect(reading.isHealthy()).toBe(false), 10_000);
    await vi.waitFor(() => expect(warnings.join()).toContain('MISCONF'), 10_000);
    await rm(join(dir, 'dump.rdb'), { recursive: true });
    await save(redis, 'ok');
    const third = await redis.xadd('frames:cam', '*', 'frame', '3');
    expect((await next).entryId).toBe(third);
    await Promise.all(settled);
    await vi.waitFor(() => expect(reading.isHealthy()).toBe(true), 10_000);
    expect((await redis.xpending('frames:cam', group))[0]).toBe(1);
    // Each part that has to do with it says so once.
    expect(new Set(warnings).size, warnings.join('\n')).toBe(warnings.length);
    expect(warnings.length).toBeLessThanOrEqual(3);
  } finally {
    redis.disconnect();
    await server.close();
    await rm(dir, { recursive: true, force: true });
  }
});
