import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool, firingProblem, Recording, type Scrape } from '@trinetra/deploy-checks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeGpus, fakeGpus } from '../fake-gpus.ts';
import { type FileWorker, startFileWorker } from '../redis-trial.ts';
import { scenePicture } from '../scene-frames.ts';
import { demoModels } from '../worker-process.ts';
import { type RedisWorld, startRedisWorld } from '../world.ts';
import {
  type Camera,
  droppingIngestor,
  riseOf,
  scrapeThat,
  startCamera,
  sumOf,
  watch,
  workerTarget,
} from './watch.ts';

const delivered = 'trinetra_worker_frames_delivered_total';
const unread = 'trinetra_worker_frames_unread';
/** Its threshold is that of a GPU: a run on a busy CPU may take longer. */
const leftAside = ['InferenceDetectionLatencyHigh'];

describe.skipIf(findTool('promtool') === undefined)('alerts of a real worker (needs promtool)', () => {
  const stack = new AsyncDisposableStack();
  let world: RedisWorld;
  let gpus: FakeGpus;
  let worker: FileWorker;
  let cameras: Record<'door' | 'hall' | 'yard', Camera>;
  /** What it told while all was well. */
  let well: Scrape[];
  const targets = [workerTarget(() => worker.process), droppingIngestor];

  const start = (env: Record<string, string>): Promise<FileWorker> =>
    startFileWorker({
      ...world.env,
      PATH: gpus.PATH,
      EXECUTION_PROVIDERS: 'cpu',
      STREAM_DELETE_ACKED: 'auto',
      CLAIM_IDLE_MS: '1000',
      ...env,
    });

  beforeAll(async () => {
    world = stack.use(await startRedisWorld());
    gpus = stack.use(await fakeGpus([{ utilizationPct: 41, memoryUsedMb: 2417 }]));
    worker = stack.use(await start({}));
    await worker.process.ready();
    cameras = {
      door: stack.use(startCamera(world.redis, 'door')),
      hall: stack.use(startCamera(world.redis, 'hall')),
      yard: stack.use(startCamera(world.redis, 'yard')),
    };
    const known = (scraped: Scrape): boolean =>
      Object.keys(cameras).every((name) => (sumOf(scraped, delivered, `"${name}"`) ?? 0) > 2);
    await scrapeThat(targets, 'frames of each camera', known);
    well = await watch(targets, 'more frames of each camera, none of them waiting', (scrapes) =>
      Object.keys(cameras).every(
        (name) =>
          riseOf(scrapes, delivered, `"${name}"`) > 4 &&
          scrapes.some((one) => sumOf(one, unread, `"${name}"`) === 0),
      ),
    );
  });
  afterAll(() => stack.disposeAsync());

  it('are silent while a worker is well, and the ingestor drops frames for reasons of its own', () => {
    const recording = new Recording().goOn(well, 20);
    expect(firingProblem([{ recording, expected: [], leftAside }])).toBeUndefined();
  });

  it.each([
    ['InferenceEmbeddingsTruncated', 'trinetra_embeddings_truncated_total', 'crowds of a hundred faces'],
    ['InferenceStatisticsMissing', 'trinetra_telemetry_scrape_errors_total', 'a defect'],
  ])(
    '%s fires on the series of a well worker of which %s alone is made to rise, as it takes %s',
    (alert, name) => {
      const scrapes = well.map((scraped, index) => {
        const samples = [...scraped.samples].map(
          ([series, sample]) =>
            [series, series.startsWith(`${name}{`) ? { ...sample, value: index } : sample] as const,
        );
        return { ...scraped, samples: new Map(samples) };
      });
      const recording = new Recording().goOn(scrapes, 35);
      expect(firingProblem([{ recording, expected: [alert], leftAside }])).toBeUndefined();
    },
  );

  it('InferenceEngineFallback and InferenceModelsDiffer fire where a second worker has an engine that is none, and another embedder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trinetra-alerts-'));
    stack.defer(() => rm(folder, { recursive: true }));
    const models = demoModels();
    const [engine, embedder] = [join(folder, 'detector.engine'), join(folder, 'embedder.onnx')];
    await writeFile(engine, 'not an engine');
    await copyFile(models['YOLO_ENGINE_PATH'] ?? '', join(folder, 'detector.onnx'));
    // The same graph in another file: field 6 of an ONNX model is a text about it.
    const bytes = await readFile(models['ARCFACE_ENGINE_PATH'] ?? '');
    await writeFile(embedder, Buffer.concat([bytes, Buffer.from([0x32, 1, 0x78])]));
    const env = {
      YOLO_ENGINE_PATH: engine,
      ARCFACE_ENGINE_PATH: embedder,
      EXECUTION_PROVIDERS: 'tensorrt,cpu',
    };
    await using second = await start({ ...env, CONSUMER_NAME: 'second', PATH: '/nowhere' });
    await second.process.ready();
    const both = [...targets, workerTarget(() => second.process, 'worker-2:8002')];
    const recording = new Recording().goOn(await watch(both, 'both workers'), 20);
    const expected = [
      { alertname: 'InferenceEngineFallback', model: 'detector' },
      { alertname: 'InferenceModelsDiffer', model: 'embedder' },
    ];
    expect(firingProblem([{ recording, expected, leftAside }])).toBeUndefined();
    expect(await second.process.stop('SIGTERM')).toBe(0);
  });

  it('InferenceCameraStopped fires for a camera that stopped, and not for one that was removed', async () => {
    await Promise.all([cameras.hall.stop(), cameras.yard.stop()]);
    await scrapeThat(targets, 'everything to be read', (scraped) => sumOf(scraped, unread) === 0);
    await world.redis.del('frames:yard');
    await scrapeThat(
      targets,
      'the stream to be gone',
      (scraped) => sumOf(scraped, unread, '"yard"') === undefined,
    );
    const stopped = await watch(
      targets,
      'more frames of the third',
      (scrapes) => riseOf(scrapes, delivered, '"door"') > 4,
    );
    const recording = new Recording().goOn(well, 5).goOn(stopped, 13);
    const expected = [{ alertname: 'InferenceCameraStopped', camera_id: 'hall' }];
    const soon = new Recording().goOn(well, 5).goOn(stopped, 9);
    expect(
      firingProblem([
        { recording, expected, leftAside },
        { recording: soon, expected: [], leftAside },
      ]),
    ).toBeUndefined();
  });

  it('InferenceFramesDropped fires for a camera whose frames are corrupt', async () => {
    const picture = await scenePicture(0);
    await using _camera = startCamera(world.redis, 'hall', {
      picture: picture.subarray(0, picture.length >> 1),
    });
    const dropped = 'trinetra_worker_frames_dropped_total';
    await scrapeThat(targets, 'a dropped frame', (scraped) => sumOf(scraped, dropped) !== undefined);
    const broken = await watch(
      targets,
      'more of them',
      (scrapes) => riseOf(scrapes, dropped, '"corrupt"') > 3,
    );
    const recording = new Recording().goOn(well, 5).goOn(broken, 17);
    const expected = [{ alertname: 'InferenceFramesDropped', camera_id: 'hall' }];
    expect(firingProblem([{ recording, expected, leftAside }])).toBeUndefined();
  });

  it('InferenceGroupUnread fires for a group that nobody reads', async () => {
    await world.redis.xgroup('CREATE', 'frames:door', 'left over', '$');
    const groups = 'trinetra_redis_unread_group_streams';
    await scrapeThat(targets, 'the group', (scraped) => sumOf(scraped, groups) === 1);
    const recording = new Recording().goOn(well, 5).goOn(await watch(targets, 'it to stay'), 7);
    const expected = [{ alertname: 'InferenceGroupUnread', group: 'left over' }];
    expect(firingProblem([{ recording, expected, leftAside }])).toBeUndefined();
    await world.redis.xgroup('DESTROY', 'frames:door', 'left over');
  });

  it('InferenceNoReadyWorker and InferenceWorkerNotReady fire while Redis is stopped, and no alert on cameras or throughput', async () => {
    await cameras.door.stop();
    await world.server.kill();
    await scrapeThat(
      targets,
      'the worker to notice',
      (scraped) => sumOf(scraped, 'trinetra_worker_ready') === 0,
    );
    const away = await watch(targets, 'it to stay so');
    const recording = new Recording().goOn(well, 5).goOn(away, 15);
    const expected = ['InferenceNoReadyWorker', 'InferenceWorkerNotReady'];
    expect(firingProblem([{ recording, expected, leftAside }])).toBeUndefined();
  });
});
