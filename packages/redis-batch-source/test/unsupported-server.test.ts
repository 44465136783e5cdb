import { freePort, startRedis } from '@trinetra/local-servers';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { createRedisBatchSource } from '../src/index.ts';
import { Puller } from './harness.ts';

it('refuses a node of a Redis Cluster, even of one that holds every slot', async () => {
  const bus = String(await freePort()); // by default 10000 above the other, where there may be no port
  const server = await startRedis({ settings: { 'cluster-enabled': 'yes', 'cluster-port': bus } });
  const redis = new Redis(server.url);
  try {
    await redis.cluster('ADDSLOTSRANGE', 0, 16383);
    await expect.poll(() => redis.cluster('INFO'), { timeout: 10_000 }).toContain('cluster_state:ok');
    await using reading = await createRedisBatchSource({
      redis: { url: server.url },
      consumerName: 'worker-1',
      maxInFlight: 4,
    });
    await expect(new Puller(reading).one()).rejects.toMatchObject({
      code: 'unsupported_server',
      message:
        'Expected one Redis but received a node of a Redis Cluster: use a Redis with cluster mode disabled, with Sentinels for failover',
    });
    expect(reading.isHealthy()).toBe(false);
  } finally {
    redis.disconnect();
    await server.close();
  }
});
