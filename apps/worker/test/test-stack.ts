import { readFileSync } from 'node:fs';
import {
  type LocalKafka,
  type LocalRedis,
  type LocalRedisOptions,
  startKafka,
  startRedis,
} from '@trinetra/local-servers';
import { Redis } from 'ioredis';
import { collectEvents, type EventCollector } from './collect-events.ts';
import { demoModels } from './worker-process.ts';

export const topic = 'trinetra.detections';
export const consumerGroup = 'inference-workers';

/** A real Redis, and what a worker needs to read from it. */
export interface RedisTestStack extends AsyncDisposable {
  readonly server: LocalRedis;
  readonly redis: Redis;
  /** Environment of a worker with this stack: demo models, its Redis, its Kafka. */
  readonly env: Readonly<Record<string, string>>;
  /** Entries delivered and not acked, over all streams `frames:*`; those of one worker where it is named. */
  pending(consumer?: string): Promise<number>;
}

export interface TestStack extends RedisTestStack {
  readonly kafka: LocalKafka;
  /** Reads the topic from its beginning, until the stack ends. */
  collect(): Promise<EventCollector>;
}

/** Starts a Redis of its own for a test. */
export async function startRedisTestStack(options: LocalRedisOptions = {}): Promise<RedisTestStack> {
  const server = await startRedis(options);
  const tls = options.tls === undefined ? {} : { tls: { ca: readFileSync(options.tls.caFile) } };
  const redis = new Redis(server.url, tls);
  redis.on('error', () => undefined); // tests kill the server on purpose; ioredis connects again
  return {
    server,
    redis,
    env: { ...demoModels(), REDIS_URL: server.url },
    pending: (consumer) => countPending(redis, consumer),
    [Symbol.asyncDispose]: async () => {
      redis.disconnect();
      await server.close();
    },
  };
}

/** Starts a Redis and a Kafka of their own for a test. */
export async function startTestStack(): Promise<TestStack> {
  const stack = new AsyncDisposableStack();
  try {
    const testStack = stack.use(await startRedisTestStack());
    const kafka = await startKafka({ topic, partitions: 8 });
    stack.defer(() => kafka.close());
    return {
      ...testStack,
      kafka,
      env: { ...testStack.env, KAFKA_BOOTSTRAP_SERVERS: kafka.brokers.join(',') },
      collect: async () => stack.use(await collectEvents(kafka.brokers, topic)),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Entries delivered and not acked, over all streams `frames:*`. */
export async function countPending(redis: Redis, consumer?: string): Promise<number> {
  const streams = await redis.keys('frames:*');
  const counts = await Promise.all(
    streams.map(async (stream) => {
      const groups = await redis.xinfo('GROUPS', stream);
      if (!JSON.stringify(groups).includes(`"${consumerGroup}"`)) return 0;
      const [count, , , consumers] = await redis.xpending(stream, consumerGroup);
      if (consumer === undefined) return Number(count);
      const rows = Array.isArray(consumers) ? consumers : [];
      return Number(rows.find((row) => Array.isArray(row) && row[0] === consumer)?.[1] ?? 0);
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
