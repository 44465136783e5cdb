import { findTool, firingProblem, Recording, type Scrape } from '@trinetra/deploy-checks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeGpus } from '../fake-gpus.ts';
import { type FileWorker, startFileWorker } from '../redis-scenario.ts';
import { scenePicture } from '../scene-frames.ts';
import { type RedisTestStack, startRedisTestStack } from '../test-stack.ts';
import { waitFor } from '../worker-process.ts';
import {
  type Camera,
  droppingIngestor,
  onSlowMachines,
  riseOf,
  scrapeThat,
  startCamera,
  sumOf,
  watchPublishing,
  workerTarget,
} from './watch.ts';

const delivered = 'trinetra_worker_frames_delivered_total';
const unread = 'trinetra_worker_frames_unread';
const leftAside = onSlowMachines;

describe.skipIf(findTool('promtool') === undefined)('alerts of a real worker (needs promtool)', () => {
  const stack = new AsyncDisposableStack();
  let testStack: RedisTestStack;
  let worker: FileWorker;
  let cameras: Record<'door' | 'hall' | 'yard', Camera>;
  /** What it told while all was well. */
  let well: Scrape[];
  const targets = [workerTarget(() => worker.process), droppingIngestor];

  beforeAll(async () => {
    testStack = stack.use(await startRedisTestStack());
    const gpus = stack.use(await fakeGpus([{ utilizationPct: 41, memoryUsedMb: 2417 }]));
    worker = stack.use(
      await startFileWorker({
        ...testStack.env,
        PATH: gpus.PATH,
        EXECUTION_PROVIDERS: 'cpu',
        STREAM_DELETE_ACKED: 'auto',
        CLAIM_IDLE_MS: '1000',
      }),
    );
    await worker.process.ready();
    cameras = {
      door: stack.use(startCamera(testStack.redis, 'door')),
      hall: stack.use(startCamera(testStack.redis, 'hall')),
      yard: stack.use(startCamera(testStack.redis, 'yard')),
    };
    const known = (scraped: Scrape): boolean =>
      Object.keys(cameras).every((name) => (sumOf(scraped, delivered, `"${name}"`) ?? 0) > 2);
    await scrapeThat(targets, 'frames of each camera', known);
    well = await watchPublishing(targets, 'more frames of each camera, none of them waiting', (scrapes) =>
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
    // A run of the detector may take longer on a busy CPU than on the GPU that its alert is for.
    expect(
      firingProblem([{ recording, expected: [], leftAside: ['InferenceDetectionLatencyHigh'] }]),
    ).toBeUndefined();
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

  it('InferenceCameraStopped fires for a camera that stopped, and not for one that was removed', async () => {
    await Promise.all([cameras.hall.stop(), cameras.yard.stop()]);
    await waitFor('everything of both to be read, published and deleted', async () =>
      (await testStack.redis.xlen('frames:hall')) + (await testStack.redis.xlen('frames:yard')) === 0
        ? true
        : undefined,
    );
    await testStack.redis.del('frames:yard');
    await scrapeThat(
      targets,
      'the stream to be gone',
      (scraped) => sumOf(scraped, unread, '"yard"') === undefined && sumOf(scraped, unread, '"hall"') === 0,
    );
    const stopped = await watchPublishing(
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
    await using _camera = startCamera(testStack.redis, 'hall', {
      picture: picture.subarray(0, picture.length >> 1),
    });
    const dropped = 'trinetra_worker_frames_dropped_total';
    await scrapeThat(targets, 'a dropped frame', (scraped) => sumOf(scraped, dropped) !== undefined);
    const broken = await watchPublishing(
      targets,
      'more of them',
      (scrapes) => riseOf(scrapes, dropped, '"corrupt"') > 3,
    );
    const recording = new Recording().goOn(well, 5).goOn(broken, 17);
    const expected = [{ alertname: 'InferenceFramesDropped', camera_id: 'hall' }];
    expect(firingProblem([{ recording, expected, leftAside }])).toBeUndefined();
  });

  it('InferenceGroupUnread fires for a group that nobody reads', async () => {
    await testStack.redis.xgroup('CREATE', 'frames:door', 'left over', '$');
    const groups = 'trinetra_redis_unread_group_streams';
    await scrapeThat(targets, 'the group', (scraped) => sumOf(scraped, groups) === 1);
    const recording = new Recording().goOn(well, 5).goOn(await watchPublishing(targets, 'it to stay'), 7);
    const expected = [{ alertname: 'InferenceGroupUnread', group: 'left over' }];
    expect(firingProblem([{ recording, expected, leftAside }])).toBeUndefined();
    await testStack.redis.xgroup('DESTROY', 'frames:door', 'left over');
    await scrapeThat(targets, 'it to be gone', (scraped) => sumOf(scraped, groups) === undefined);
  });

  it('InferenceNoReadyWorker and InferenceWorkerNotReady fire while Redis is stopped, and no alert on cameras or throughput', async () => {
    await cameras.door.stop();
    await testStack.server.kill();
    await scrapeThat(
      targets,
      'the worker to notice',
      (scraped) => sumOf(scraped, 'trinetra_worker_ready') === 0,
    );
    const away = await watchPublishing(targets, 'it to stay so');
    const recording = new Recording().goOn(well, 5).goOn(away, 15);
    const expected = ['InferenceNoReadyWorker', 'InferenceWorkerNotReady'];
    expect(firingProblem([{ recording, expected, leftAside }])).toBeUndefined();
  });
});
