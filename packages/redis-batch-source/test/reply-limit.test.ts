import { type LocalRedis, startRedis } from '@trinetra/local-servers';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { createRedisBatchSource, type RedisBatchSource } from '../src/index.ts';
import { group, Puller } from './harness.ts';

let server: LocalRedis;
let redis: Redis;
const warnings: string[] = [];

beforeAll(async () => {
  server = await startRedis({ settings: { 'client-output-buffer-limit': 'normal 1mb 0 0' } });
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.close();
});
beforeEach(async () => {
  await redis.flushall();
  warnings.length = 0;
});

function source(): Promise<RedisBatchSource> {
  const warn = (_fields: object, message: string): void => void warnings.push(message);
  return createRedisBatchSource({
    redis: { url: server.url },
    consumerName: 'worker-1',
    maxInFlight: 20,
    discoveryIntervalMs: 50,
    maxDeliveries: 3,
    logger: { debug: () => 0, info: () => 0, warn, error: warn },
  });
}

async function addFrames(count: number, bytes: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1)
    ids.push(String(await redis.xadd('frames:cam', '*', 'frame', Buffer.alloc(bytes, 1))));
  return ids;
}

it('reads as much at once as Redis sends before it ends the connection', async () => {
  const ids = await addFrames(12, 600_000); // the limit holds one of them, and the first read asks for four
  await using reading = await source();
  const leases = await new Puller(reading).some(12);
  expect(leases.map(({ entryId }) => entryId)).toEqual(ids);
  for (const lease of leases) await reading.settle(lease, 'published');
  expect((await redis.xpending('frames:cam', group))[0]).toBe(0);
  expect(await redis.exists('frames-dead:cam')).toBe(0);
  await vi.waitFor(() => expect(reading.isHealthy()).toBe(true), 10_000);
});

it('says what to do where not even one entry comes through, and is not healthy', async () => {
  await addFrames(2, 2_000_000);
  await using reading = await source();
  void new Puller(reading).one().catch(() => undefined);
  await vi.waitFor(() => expect(warnings.join()).toContain('raise its client-output-buffer-limit'), 20_000);
  const connections = async (): Promise<number> =>
    Number(/connections_received:(\d+)/.exec(await redis.info('stats'))?.[1]);
  const healthyUntilConnected = async (times: number): Promise<boolean[]> => {
    const enough = (await connections()) + times;
    const answers: boolean[] = [];
    const look = async (): Promise<void> => {
      answers.push(reading.isHealthy());
      expect(await connections()).toBeGreaterThanOrEqual(enough);
    };
    await vi.waitFor(look, { timeout: 20_000, interval: 20 });
    return answers;
  };
  await healthyUntilConnected(2);
  // Between two reads the connection is there, and housekeeping goes well.
  expect(await healthyUntilConnected(2)).not.toContain(true);
  expect(await redis.exists('frames-dead:cam')).toBe(0);
  expect(warnings.filter((text) => text.includes('client-output-buffer-limit'))).toHaveLength(1);
});
