import { startKafka, startRedis } from '@trinetra/local-servers';
import { Redis } from 'ioredis';
import kafkajs, { type Admin } from 'kafkajs';

/** A real Redis and a real Kafka on loopback, shared by the scenarios of a run. */
export interface TestStack extends AsyncDisposable {
  readonly redis: Redis;
  readonly brokers: readonly string[];
  /** Pids of the servers, for their CPU time. */
  readonly pids: { readonly redis: number; readonly kafka: number };
  /** Empties Redis and makes a new topic, in which the broker writes down when each event arrived. */
  newScenario(): Promise<Scenario>;
}

/** What a worker of one scenario connects to. */
export interface Scenario {
  readonly topic: string;
  readonly env: Readonly<Record<string, string>>;
  /** Events in the topic. */
  published(): Promise<number>;
}

const partitions = 8;

/** Starts the servers. */
export async function startTestStack(): Promise<TestStack> {
  const stack = new AsyncDisposableStack();
  try {
    const server = await startRedis();
    stack.defer(() => server.close());
    const redis = new Redis(server.url);
    stack.defer(() => redis.disconnect());
    const kafka = await startKafka();
    stack.defer(() => kafka.close());
    const client = new kafkajs.Kafka({
      clientId: 'benchmarks',
      brokers: kafka.brokers,
      logLevel: kafkajs.logLevel.NOTHING,
    });
    /**
     * Connects for one request only: kafkajs keeps a timer of 1 ms on a connection, which took 2 % of two
     * cores.
     */
    const ask = async <T>(question: (admin: Admin) => Promise<T>): Promise<T> => {
      const admin = client.admin();
      await admin.connect();
      return question(admin).finally(() => admin.disconnect());
    };
    let scenarios = 0;
    return {
      redis,
      brokers: kafka.brokers,
      pids: { redis: server.pid, kafka: kafka.pid },
      newScenario: async () => {
        await redis.flushall();
        const topic = `scenario-${scenarios++}`;
        await ask((admin) => createTopic(admin, topic));
        const brokers = kafka.brokers.join(',');
        return {
          topic,
          env: {
            REDIS_URL: server.url,
            KAFKA_BOOTSTRAP_SERVERS: brokers,
            KAFKA_TOPIC: topic,
            // The rest in the streams is the measure; `auto` would wait 2 s in a freshly emptied Redis.
            STREAM_DELETE_ACKED: 'on',
          },
          published: () => ask((admin) => countEvents(admin, topic)),
        };
      },
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function createTopic(admin: Admin, topic: string): Promise<void> {
  const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }];
  await admin.createTopics({
    waitForLeaders: true,
    topics: [{ topic, numPartitions: partitions, configEntries }],
  });
}

async function countEvents(admin: Admin, topic: string): Promise<number> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets.reduce((sum, { offset }) => sum + Number(offset), 0);
}
