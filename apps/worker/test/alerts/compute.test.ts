import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTool, firingProblem, Recording, type Scrape } from '@trinetra/deploy-checks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeGpus } from '../fake-gpus.ts';
import { type FileWorker, startFileWorker } from '../redis-scenario.ts';
import { type RedisTestStack, startRedisTestStack } from '../test-stack.ts';
import {
  ingestorTarget,
  onSlowMachines,
  riseOf,
  scrapeThat,
  startCamera,
  sumOf,
  watchPublishing,
  workerTarget,
} from './watch.ts';

const preload = fileURLToPath(new URL('../inject-engine-fault.mjs', import.meta.url));
const leftAside = onSlowMachines;

describe.skipIf(findTool('promtool') === undefined)('alerts on inference (needs promtool)', () => {
  const stack = new AsyncDisposableStack();
  let testStack: RedisTestStack;
  let worker: FileWorker;
  let faultPath: string;
  let dropped = (): number => 0;
  const targets = [workerTarget(() => worker.process), ingestorTarget(() => dropped())];

  async function inject(kind: string, model: string, over = 0): Promise<void> {
    await writeFile(`${faultPath}.new`, JSON.stringify({ kind, model, over }));
    await rename(`${faultPath}.new`, faultPath);
  }
  const mend = (): Promise<void> => rm(faultPath, { force: true });

  beforeAll(async () => {
    testStack = stack.use(await startRedisTestStack());
    // What a GPU tells of itself is made up, by a program of the name nvidia-smi; all else is the worker's own.
    const gpus = stack.use(await fakeGpus([{ utilizationPct: 5, memoryUsedMb: 9500 }]));
    const folder = await mkdtemp(join(tmpdir(), 'trinetra-alerts-'));
    stack.defer(() => rm(folder, { recursive: true }));
    faultPath = join(folder, 'fault');
    worker = stack.use(
      await startFileWorker({
        ...testStack.env,
        PATH: gpus.PATH,
        EXECUTION_PROVIDERS: 'cpu',
        STREAM_DELETE_ACKED: 'auto',
        MAX_FRAME_AGE_MS: '30000',
        MAX_CONSECUTIVE_FAILURES: '1000000',
        PROBE_INTERVAL_MS: '86400000',
        NODE_OPTIONS: `--import=${preload}`,
        INJECT_ENGINE_FILE: faultPath,
      }),
    );
    await worker.process.ready();
  });
  afterAll(() => stack.disposeAsync());

  it('all those of too little compute fire where the detector is slow, a stream overflows, and another brings old frames (figures of the GPU are made up)', async () => {
    await inject('slow', 'detector');
    await using flood = startCamera(testStack.redis, 'flood', { everyMs: 50, burst: 20 });
    await using late = startCamera(testStack.redis, 'late', {
      everyMs: 50,
      burst: 10,
      maxLength: 40,
      pausesWhenFull: true,
      lateMs: 60_000,
    });
    dropped = flood.overflowed;
    const stale = ['trinetra_worker_frames_total', '"stale"'] as const;
    const suffers = (scraped: Scrape): boolean =>
      (sumOf(scraped, 'trinetra_worker_frames_unread', '"flood"') ?? 0) > 80 &&
      (sumOf(scraped, 'trinetra_worker_oldest_unread_age_seconds', '"late"') ?? 0) > 10 &&
      (sumOf(scraped, 'trinetra_gpu_vram_used_mb') ?? 0) > 0 &&
      (sumOf(scraped, ...stale) ?? 0) > 0;
    await scrapeThat(targets, 'the worker to fall behind', suffers);
    const behind = await watchPublishing(
      targets,
      'it to serve some, skip some and lose some',
      (scrapes) =>
        riseOf(scrapes, 'trinetra_worker_frames_processed_total', '"flood"') > 4 &&
        riseOf(scrapes, 'trinetra_worker_frames_evicted_total', '"flood"') > 20 &&
        riseOf(scrapes, ...stale) > 10,
    );
    await Promise.all([flood.stop(), late.stop()]);
    await mend();
    const expected = [
      'InferenceDetectionLatencyHigh',
      { alertname: 'InferenceFramesEvicted', camera_id: 'flood' },
      'InferenceFramesStale',
      { alertname: 'InferenceFramesWaitLong', camera_id: 'late' },
      'InferenceGpuIdleWhileFramesQueue',
      { alertname: 'InferenceGpuMemoryHigh', gpu: '0' },
      { alertname: 'InferenceStreamNearMaxlen', camera_id: 'flood' },
      'InferenceThroughputInsufficient',
    ];
    const recording = new Recording().goOn(behind, 15);
    expect(firingProblem([{ recording, expected }])).toBeUndefined();
  });

  describe('when the streams are short again', () => {
    let well: Scrape[];
    /** The GPU of this worker tells 9.5 GB all the time. */
    const full = { alertname: 'InferenceGpuMemoryHigh', gpu: '0' };
    const restarts = 'trinetra_worker_engine_restarts_total';
    const failures = 'trinetra_worker_inference_failures_total';
    beforeAll(async () => {
      stack.use(startCamera(testStack.redis, 'door'));
      await scrapeThat(
        targets,
        'the rest to be read',
        (scraped) => sumOf(scraped, 'trinetra_worker_frames_unread') === 0,
      );
      const processed = ['trinetra_worker_frames_processed_total', '"door"'] as const;
      await scrapeThat(targets, 'a frame of the door', (scraped) => (sumOf(scraped, ...processed) ?? 0) > 0);
      well = await watchPublishing(targets, 'more of them', (scrapes) => riseOf(scrapes, ...processed) > 4);
    });

    it('InferenceFailures fires where runs fail', async () => {
      await inject('throw', 'detector');
      const failed = ['"detector"', '"run_failed"'] as const;
      await scrapeThat(
        targets,
        'a run that fails',
        (scraped) => sumOf(scraped, failures, ...failed) !== undefined,
      );
      const failing = await watchPublishing(
        targets,
        'more of them',
        (scrapes) => riseOf(scrapes, failures, ...failed) > 4,
      );
      await mend();
      const recording = new Recording().goOn(well, 5).goOn(failing, 11);
      const expected = [{ alertname: 'InferenceFailures', model: 'detector' }, full];
      expect(firingProblem([{ recording, expected, leftAside }])).toBeUndefined();
    });

    it('InferenceEngineRestarts fires where inference threads end again and again', async () => {
      await inject('end', 'detector');
      await scrapeThat(targets, 'a thread that ended', (scraped) => sumOf(scraped, restarts) !== undefined);
      const ending = await watchPublishing(
        targets,
        'three more of them',
        (scrapes) => riseOf(scrapes, restarts) > 2,
      );
      await mend();
      const recording = new Recording().goOn(well, 5).goOn(ending, 15);
      const aside = [...leftAside, 'InferenceFailures']; // the runs of those threads fail, too
      expect(
        firingProblem([{ recording, expected: ['InferenceEngineRestarts', full], leftAside: aside }]),
      ).toBeUndefined();
    });

    // Last: it takes minutes until a larger run is tried.
    it('InferenceBatchSizeShrunk fires where runs of several faces find no memory', async () => {
      const size = ['trinetra_effective_batch_size', '"embedder"'] as const;
      await inject('oom', 'embedder', 1);
      await scrapeThat(targets, 'smaller runs', (scraped) => sumOf(scraped, ...size) === 1);
      const shrunk = await watchPublishing(targets, 'them to stay small');
      const recording = new Recording().goOn(well, 5).goOn(shrunk, 7);
      const expected = [{ alertname: 'InferenceBatchSizeShrunk', model: 'embedder' }, full];
      const aside = [...leftAside, 'InferenceFailures']; // each larger run that is tried fails, too
      expect(firingProblem([{ recording, expected, leftAside: aside }])).toBeUndefined();
    });
  });
});
