import { type LocalRedis, startRedis } from '@trinetra/local-servers';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { createRedisBatchSource, type Lease, type RedisBatchSource } from '../src/index.ts';
import type { RedisBatchSourceOptions } from '../src/options.ts';

export const group = 'inference-workers';

/** A real Redis for a test file, emptied before each test, and sources that are closed after it. */
export interface Harness {
  readonly server: () => LocalRedis;
  readonly redis: () => Redis;
  source(options?: Partial<RedisBatchSourceOptions>): Promise<RedisBatchSource>;
  /** Writes entries as the ingestor does; the bodies are one byte. */
  add(camera: string, count: number, type?: string): Promise<string[]>;
}

export function useRedis(): Harness {
  let server: LocalRedis;
  let redis: Redis;
  let open: RedisBatchSource[] = [];
  beforeAll(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
    redis.on('error', () => undefined); // tests that take the server away
  });
  afterAll(async () => {
    redis.disconnect();
    await server.close();
  });
  beforeEach(async () => {
    await redis.flushall();
    await redis.hset('trinetra:workers', '_since', 1); // whoever lives is in it
  });
  afterEach(async () => {
    await Promise.all(open.map((source) => source.close()));
    open = [];
  });
  return {
    server: () => server,
    redis: () => redis,
    source: async (options = {}) => {
      const source = await createRedisBatchSource({
        redis: { url: server.url },
        consumerName: 'worker-1',
        maxInFlight: 4,
        discoveryIntervalMs: 50,
        ...options,
      });
      open.push(source);
      return source;
    },
    add: async (camera, count, type = 'tracking') => {
      const pipeline = redis.pipeline();
      for (let index = 0; index < count; index += 1) {
        const fields = { camera_id: camera, camera_type: type, ingest_ts: '1.5', frame: String(index) };
        pipeline.xadd(`frames:${camera}`, '*', ...Object.entries(fields).flat());
      }
      const replies = (await pipeline.exec()) ?? [];
      return replies.map(([, id]) => String(id));
    },
  };
}

/** Pulls leases one by one; settles nothing. */
export class Puller {
  readonly #iterator: AsyncIterator<Lease>;

  constructor(source: Pick<RedisBatchSource, 'leases'>) {
    this.#iterator = source.leases()[Symbol.asyncIterator]();
  }

  async one(): Promise<Lease> {
    const { done, value } = await this.#iterator.next();
    if (done === true) throw new Error('expected a lease but the source ended');
    return value;
  }

  async some(count: number): Promise<Lease[]> {
    const leases: Lease[] = [];
    while (leases.length < count) leases.push(await this.one());
    return leases;
  }

  next(): Promise<IteratorResult<Lease>> {
    return this.#iterator.next();
  }
}

export function countByStream(leases: readonly Lease[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { streamKey } of leases) counts.set(streamKey, (counts.get(streamKey) ?? 0) + 1);
  return counts;
}
