import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTool, firingProblem, Recording, type Scrape, scrape } from '@trinetra/deploy-checks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeTwoGpus } from '../fake-gpus.ts';
import { injectPoison, injectSlowEngine } from '../inject.ts';
import { startFileWorker } from '../redis-scenario.ts';
import { addPoisonFrame, addSceneFrame } from '../scene-frames.ts';
import { type RedisTestStack, startRedisTestStack } from '../test-stack.ts';
import { startWorker, type WorkerProcess, waitFor } from '../worker-process.ts';
import {
  onSlowMachines,
  riseOf,
  scrapeThat,
  startCamera,
  sumOf,
  watchPublishing,
  workerTarget,
} from './watch.ts';

const total = 'trinetra_worker_frames_total';

describe.skipIf(findTool('promtool') === undefined)('alerts on workers that end (needs promtool)', () => {
  const stack = new AsyncDisposableStack();
  let testStack: RedisTestStack;
  let folder: string;
  let worker: WorkerProcess;
  const target = workerTarget(() => worker);

  const start = (name: string, env: Record<string, string>): Promise<WorkerProcess> =>
    startWorker({
      ...testStack.env,
      SINK: `ndjson:${join(folder, name)}`,
      CONSUMER_NAME: name,
      CLAIM_IDLE_MS: '1000',
      EXECUTION_PROVIDERS: 'cpu',
      ...env,
    });

  beforeAll(async () => {
    testStack = stack.use(await startRedisTestStack());
    folder = await mkdtemp(join(tmpdir(), 'trinetra-alerts-'));
    stack.defer(() => rm(folder, { recursive: true }));
  });
  afterAll(() => stack.disposeAsync());

  it('InferenceWorkerRestarts and InferenceDeadLetters fire where a frame ends the process each time, whoever sets it aside', async () => {
    const env = {
      ...injectPoison('decode'),
      MAX_DELIVERIES: '3',
      INFERENCE_THREADS: '1',
      INTRA_OP_THREADS: '1',
    };
    const served = (scraped: Scrape): boolean => (sumOf(scraped, total, '"published"') ?? 0) > 0;
    worker = await start('one', env);
    await worker.ready();
    await addSceneFrame(testStack.redis, 0, 'door');
    const recording = new Recording().add(await scrapeThat([target], 'a published frame', served));
    await addPoisonFrame(testStack.redis, 'door');
    for (let death = 1; death <= 3; death += 1) {
      await once(worker.child, 'exit');
      recording.add(await scrape([target]));
      worker = await start('one', env);
      recording.add(await scrapeThat([target], 'its port', (scraped) => sumOf(scraped, 'up') === 1));
    }
    stack.use(worker);
    const letter = (scraped: Scrape): boolean => (sumOf(scraped, total, '"dead_lettered"') ?? 0) > 0;
    await scrapeThat([target], 'the dead letter', letter);
    await worker.ready();
    const last = await watchPublishing([target], 'the worker to go on');
    recording.goOn(last, 3);
    const dead = { alertname: 'InferenceDeadLetters', camera_id: 'door' };
    // Another worker may take the frame over, before it is scraped for the first time: it has no count that rises.
    const other = workerTarget(() => worker, 'worker-2:8002');
    const taken = new Recording().goOn(await watchPublishing([other], 'the same'), 3);
    expect(
      firingProblem([
        { recording, expected: [dead, 'InferenceWorkerRestarts'], leftAside: onSlowMachines },
        { recording: taken, expected: [dead], leftAside: onSlowMachines },
        { recording: new Recording().goOn(last, 20), expected: [], leftAside: onSlowMachines },
      ]),
    ).toBeUndefined();
  });

  it('InferenceWorkerDown and InferenceFramesReclaimed fire where a worker is killed in the midst of its work', async () => {
    const victim = await start('victim', {
      ...injectSlowEngine(600_000),
      BATCH_SIZE: '8',
      CLAIM_IDLE_MS: '30000',
    });
    await victim.ready();
    const both = [target, workerTarget(() => victim, 'worker-2:8002')];
    await using camera = startCamera(testStack.redis, 'hall', { everyMs: 50, burst: 4 });
    await waitFor('it to hold more than twenty frames', async () =>
      (await testStack.pending('victim')) > 24 ? true : undefined,
    );
    await camera.stop();
    const before = await watchPublishing(both, 'both workers');
    await victim.stop('SIGKILL');
    const reclaimed = 'trinetra_worker_frames_reclaimed_total';
    // For longer than the dead letter of the test before is told.
    const recording = new Recording().goOn(before, 20);
    // The other takes over what was idle for a second: the victim's heartbeat came every ten.
    await scrapeThat(
      both,
      'its frames to be taken over',
      (scraped) => riseOf([before[0] as Scrape, scraped], reclaimed) > 20,
    );
    recording.goOn(await watchPublishing(both, 'the other to go on'), 4);
    const expected = ['InferenceFramesReclaimed', 'InferenceWorkerDown'];
    expect(firingProblem([{ recording, expected, leftAside: onSlowMachines }])).toBeUndefined();
  });

  it('InferenceGpuWorkerDown fires for the GPU whose worker was killed (nvidia-smi is made up)', async () => {
    const gpus = stack.use(await fakeTwoGpus());
    const cpu = { EXECUTION_PROVIDERS: 'cpu', INFERENCE_THREADS: '1', INTRA_OP_THREADS: '1' };
    await using fleet = await startFileWorker(
      { ...testStack.env, ...cpu, PATH: gpus.PATH, CONSUMER_NAME: 'fleet' },
      { args: ['--gpus', 'all'] },
    );
    const targets = [workerTarget(() => fleet.process, 'fleet-1:8002')];
    const up = 'trinetra_worker_up';
    const ready = (scraped: Scrape): boolean =>
      sumOf(scraped, up) === 2 && sumOf(scraped, 'trinetra_worker_ready') === 2;
    await scrapeThat(targets, 'both workers', ready);
    const well = await watchPublishing(targets, 'them to stay');
    const { checks } = JSON.parse(await (await fetch(`${fleet.process.url}/ready`)).text());
    process.kill(checks.gpu1.detail.pid, 'SIGKILL');
    const away = (scraped: Scrape): boolean => sumOf(scraped, up, 'gpu="1"') === 0;
    const down = [
      await scrapeThat(targets, 'one to be away', away),
      await scrapeThat(targets, 'it still to be', away),
    ];
    const recording = new Recording().goOn(well, 5).goOn(down, 4);
    const expected = [{ alertname: 'InferenceGpuWorkerDown', gpu: '1' }];
    const silent = new Recording().goOn(well, 10);
    expect(
      firingProblem([
        { recording, expected, leftAside: onSlowMachines },
        { recording: silent, expected: [], leftAside: onSlowMachines },
      ]),
    ).toBeUndefined();
  });
});
