import { type LocalKafka, startKafka } from '@trinetra/local-servers';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { collectEvents, type EventCollector } from './collect-events.ts';
import { checkLedger } from './ledger.ts';
import { type RedisTestStack, startRedisTestStack, topic } from './test-stack.ts';
import { startWorker, type WorkerProcess, waitFor } from './worker-process.ts';

interface Ready {
  readonly ready: boolean;
  readonly checks: {
    readonly redis: { readonly ok: boolean };
    readonly sink: { readonly ok: boolean; readonly detail: Readonly<Record<string, unknown>> };
  };
}

export async function readyOf(worker: WorkerProcess): Promise<Ready> {
  return (await (await fetch(`${worker.url}/ready`)).json()) as Ready;
}

/** `/ready` names Kafka and nothing else; `/health` does not care. */
export async function expectSinkDown(worker: WorkerProcess, reason: string): Promise<void> {
  await waitFor(`/ready to say ${reason}`, async () =>
    (await readyOf(worker)).checks.sink.detail['reason'] === reason ? true : undefined,
  );
  expect((await fetch(`${worker.url}/ready`)).status).toBe(503);
  expect((await readyOf(worker)).checks).toMatchObject({ redis: { ok: true }, sink: { ok: false } });
  expect((await fetch(`${worker.url}/health`)).status).toBe(200);
}

/** Events in the buffer. */
export const waitingEvents: (worker: WorkerProcess) => Promise<number> = async (worker) =>
  (await worker.metric('trinetra_worker_events_waiting')).get('') ?? 0;

/** Sum of a metric over the labels that contain `label`. */
export async function total(worker: WorkerProcess, metric: string, label = ''): Promise<number> {
  const rows = [...(await worker.metric(metric))].filter(([labels]) => labels.includes(label));
  return rows.reduce((sum, [, value]) => sum + value, 0);
}

/** The same at the end of each test: nothing is unaccounted for, and kafkajs kept quiet. */
export async function expectTidy(...workers: readonly WorkerProcess[]): Promise<void> {
  for (const worker of workers) {
    await checkLedger(worker);
    expect(worker.log()).not.toContain('TimeoutNegativeWarning');
  }
}

/** Whom the listener with SASL lets in. */
export const user = { username: 'worker', password: 'right-s3cret' } as const;

export interface KafkaTestStack {
  readonly testStack: RedisTestStack;
  readonly kafka: LocalKafka;
  /** Events since the start of the test, or since `forget()`. */
  readonly events: EventCollector['received'];
  /** `camera frame` of each of them. */
  received(): string[];
  forget(): void;
  /** Stops reading the topic; the next call of `collect()` reads it from its beginning. */
  stopCollecting(): Promise<void>;
  collect(): Promise<void>;
  nothingPending(): Promise<true>;
  /** Starts a worker and waits for its models. */
  start(extra?: Record<string, string>): Promise<WorkerProcess>;
}

/** One Redis and one Kafka for the tests of a file, Redis emptied before each, Kafka mended after one that failed. */
export function useKafkaTestStack(): KafkaTestStack {
  let testStack: RedisTestStack;
  let kafka: LocalKafka;
  let collector: EventCollector;
  let earlier = 0;
  beforeAll(async () => {
    testStack = await startRedisTestStack();
    kafka = await startKafka({ topic, partitions: 8, user });
    collector = await collectEvents(kafka.brokers, topic);
  });
  afterAll(async () => {
    await collector[Symbol.asyncDispose]();
    await kafka.close();
    await testStack[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await testStack.redis.flushall();
    earlier = collector.received.length;
  });
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    kafka.resume();
    await kafka.restart(); // one failure is enough
  });
  return {
    get testStack() {
      return testStack;
    },
    get kafka() {
      return kafka;
    },
    get events() {
      return collector.received.slice(earlier);
    },
    received: () =>
      collector.received.slice(earlier).map(({ event }) => `${event.camera_id} ${event.frame_id}`),
    forget: () => {
      earlier = collector.received.length;
    },
    stopCollecting: async () => collector[Symbol.asyncDispose](),
    collect: async () => {
      collector = await collectEvents(kafka.brokers, topic);
      earlier = 0;
    },
    nothingPending: () =>
      waitFor('nothing to be pending', async () => ((await testStack.pending()) === 0 ? true : undefined)),
    start: async (extra = {}) => {
      const brokers = { KAFKA_BOOTSTRAP_SERVERS: kafka.brokers.join(',') };
      const worker = await startWorker({ ...testStack.env, ...brokers, CONSUMER_NAME: 'worker', ...extra });
      await waitFor('the models', () => (worker.log().includes('worker is ready') ? true : undefined));
      return worker;
    },
  };
}
