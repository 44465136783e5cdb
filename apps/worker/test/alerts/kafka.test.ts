import { findTool, firingProblem, Recording, type Scrape } from '@trinetra/deploy-checks';
import { canRunKafka, keysOf, type LocalKafkaCluster, startKafkaCluster } from '@trinetra/local-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RedisTestStack, startRedisTestStack, topic } from '../test-stack.ts';
import { startWorker, type WorkerProcess } from '../worker-process.ts';
import {
  droppingIngestor,
  onSlowMachines,
  riseOf,
  scrapeThat,
  startCamera,
  sumOf,
  watch,
  watchPublishing,
  workerTarget,
} from './watch.ts';

const kafkaHere = await canRunKafka();
const canRun = kafkaHere.ok && findTool('promtool') !== undefined;
/** The camera of each partition. */
const cameras = keysOf(3);
const leftAside = onSlowMachines;

const ready = 'trinetra_worker_ready';
const waiting = 'trinetra_worker_events_waiting';
const unavailable = 'trinetra_kafka_partitions_unavailable';
const processed = 'trinetra_worker_frames_processed_total';
const delivered = 'trinetra_worker_frames_delivered_total';
const lost = ['trinetra_worker_frames_total', '"publish_failed"'] as const;

describe.skipIf(!canRun)('alerts on Kafka (needs Java and promtool)', () => {
  const stack = new AsyncDisposableStack();
  let testStack: RedisTestStack;
  let kafka: LocalKafkaCluster;
  let worker: WorkerProcess;
  /** Another consumer group, which reads nothing while Kafka is away. */
  let holder: WorkerProcess;
  /** What each told while all was well. */
  let well: Scrape[];
  let holderWell: Scrape[];
  const targets = [workerTarget(() => worker), droppingIngestor];
  const holders = [workerTarget(() => holder), droppingIngestor];

  const start = (name: string, env: Record<string, string>): Promise<WorkerProcess> =>
    startWorker({
      ...testStack.env,
      KAFKA_BOOTSTRAP_SERVERS: kafka.brokers.join(','),
      KAFKA_ACKS: 'all',
      EXECUTION_PROVIDERS: 'cpu',
      CONSUMER_NAME: name,
      CONSUMER_GROUP: name,
      INTRA_OP_THREADS: '1',
      INFERENCE_THREADS: '1',
      ...env,
    });

  beforeAll(async () => {
    testStack = stack.use(await startRedisTestStack());
    kafka = stack.use(await startKafkaCluster());
    const config = { 'min.insync.replicas': '2' };
    const assignment = [
      [1, 2],
      [1, 3],
      [2, 1],
    ];
    await kafka.createTopic(topic, assignment, config);
    worker = stack.use(await start('worker', { KAFKA_BUFFER_MAX_BYTES: '1000000' }));
    holder = stack.use(await start('holder', { KAFKA_FAILURE_POLICY: 'hold' }));
    await Promise.all([worker.ready(), holder.ready()]);
    for (const camera of cameras) stack.use(startCamera(testStack.redis, camera));
    const published = (scrapes: readonly Scrape[]): boolean =>
      cameras.every((camera) => riseOf(scrapes, processed, `"${camera}"`) > 2);
    const known = (scraped: Scrape): boolean =>
      cameras.every((camera) => (sumOf(scraped, processed, `"${camera}"`) ?? 0) > 0);
    await scrapeThat(targets, 'an event of each camera', known);
    well = await watchPublishing(targets, 'more events', published);
    await scrapeThat(holders, 'an event of each camera', known);
    holderWell = await watchPublishing(holders, 'more events', published);
  }, 240_000);
  afterAll(() => stack.disposeAsync());

  it('are silent while Kafka takes everything', () => {
    const recordings = [new Recording().goOn(well, 20), new Recording().goOn(holderWell, 20)];
    const cases = recordings.map((recording) => ({ recording, expected: [], leftAside }));
    expect(firingProblem(cases)).toBeUndefined();
  });

  it('InferenceKafkaPartitionUnavailable fires where one partition of three has too few replicas', async () => {
    await kafka.broker(3).kill();
    await scrapeThat(
      targets,
      'the worker to notice',
      (scraped) => sumOf(scraped, unavailable) === 1 && (sumOf(scraped, waiting) ?? 0) > 0,
    );
    const half = await watch(targets, 'the other partitions to go on', (scrapes) =>
      [cameras[0], cameras[2]].every((camera) => riseOf(scrapes, processed, `"${camera}"`) > 2),
    );
    const recording = new Recording().goOn(well, 5).goOn(half, 8);
    const expected = [
      'InferenceEventsWaiting',
      'InferenceKafkaPartitionUnavailable',
      'InferenceNoReadyWorker',
      'InferencePublishErrors',
      'InferenceWorkerNotReady',
    ];
    expect(firingProblem([{ recording, expected, leftAside }])).toBeUndefined();
  });

  it('InferencePublishErrors, InferenceEventsWaiting and InferenceEventsLost fire while Kafka is stopped, and not InferenceThroughputInsufficient', async () => {
    await Promise.all([kafka.broker(1).kill(), kafka.broker(2).kill()]);
    await using _more = startCamera(testStack.redis, 'more', {
      burst: 20,
      maxLength: 60,
      pausesWhenFull: true,
    });
    const gone = (scraped: Scrape): boolean =>
      sumOf(scraped, ready) === 0 && sumOf(scraped, unavailable) === 0;
    await scrapeThat(
      targets,
      'lost events',
      (scraped) => gone(scraped) && (sumOf(scraped, ...lost) ?? 0) > 0,
    );
    const away = await watch(
      targets,
      'more lost events while reading goes on',
      (scrapes) => riseOf(scrapes, ...lost) > 3 && riseOf(scrapes, delivered) > 3,
    );
    await scrapeThat(
      holders,
      'the other to hold',
      (scraped) => gone(scraped) && (sumOf(scraped, 'trinetra_worker_frames_unread', '"more"') ?? 0) > 20,
    );
    const holding = await watch(holders, 'it to stay so');
    const publishing = ['InferencePublishErrors', 'InferenceEventsWaiting'];
    const notReady = ['InferenceNoReadyWorker', 'InferenceWorkerNotReady'];
    const recording = new Recording().goOn(well, 5).goOn(away, 10);
    const held = new Recording().goOn(holderWell, 5).goOn(holding, 10);
    expect(
      firingProblem([
        { recording, expected: [...publishing, 'InferenceEventsLost', ...notReady], leftAside },
        { recording: held, expected: [...publishing, ...notReady], leftAside },
      ]),
    ).toBeUndefined();
  });
});
