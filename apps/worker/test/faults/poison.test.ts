import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DetectionEvent, parseDetectionEvent } from '@trinetra/contracts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { runCli } from '../cli.ts';
import { injectPoison } from '../inject.ts';
import { checkLedger } from '../ledger.ts';
import { report, times, variants } from '../scenario.ts';
import { addPoisonFrame, addSceneFrame } from '../scene-frames.ts';
import { type RedisTestStack, startRedisTestStack } from '../test-stack.ts';
import { startWorker, type WorkerProcess, waitFor } from '../worker-process.ts';

const maxDeliveries = 3;
const names = variants(['one', 'two', 'three'], 2);
const neighbours = times(12, 90);

let testStack: RedisTestStack;
let folder: string;
beforeAll(async () => {
  testStack = await startRedisTestStack();
});
afterAll(() => testStack[Symbol.asyncDispose]());
beforeEach(async () => {
  await testStack.redis.flushall();
  folder = await mkdtemp(join(tmpdir(), 'trinetra-poison-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A fleet whose workers are started again when they die, as systemd does. */
interface Fleet extends AsyncDisposable {
  readonly living: () => readonly WorkerProcess[];
  /** How often a worker died so far. */
  readonly deaths: () => number;
}

function start(name: string, env: Readonly<Record<string, string>>): Promise<WorkerProcess> {
  return startWorker({
    ...testStack.env,
    SINK: `ndjson:${join(folder, name)}`,
    CONSUMER_NAME: name,
    CLAIM_IDLE_MS: '3000',
    MAX_DELIVERIES: String(maxDeliveries),
    INTRA_OP_THREADS: '1',
    INFERENCE_THREADS: '1',
    STREAM_DELETE_ACKED: 'off',
    ...env,
  });
}

async function startFleet(env: Readonly<Record<string, string>>): Promise<Fleet> {
  const living = new Map<string, WorkerProcess>();
  let deaths = 0;
  let over = false;
  async function supervise(name: string, first: WorkerProcess): Promise<void> {
    for (let worker = first; ; worker = await start(name, env)) {
      living.set(name, worker);
      await once(worker.child, 'exit');
      if (over) return;
      deaths += 1;
    }
  }
  const firsts = await Promise.all(names.map(async (name) => [name, await start(name, env)] as const));
  const supervised = firsts.map(([name, worker]) => supervise(name, worker));
  return {
    living: () => [...living.values()],
    deaths: () => deaths,
    [Symbol.asyncDispose]: async () => {
      over = true;
      await Promise.all([...living.values()].map((worker) => worker.stop('SIGKILL')));
      await Promise.all(supervised);
    },
  };
}

async function readEvents(): Promise<DetectionEvent[]> {
  const texts = await Promise.all(
    names.map((name) => readFile(join(folder, name), 'utf8').catch(() => '')), // not there before the first event
  );
  return texts
    .flatMap((text) =>
      text
        .slice(0, text.lastIndexOf('\n') + 1)
        .split('\n')
        .filter(Boolean),
    )
    .map(parseDetectionEvent);
}

const nameOf = ({ camera_id, frame_id }: DetectionEvent): string => `${camera_id} ${frame_id}`;
const published = async (): Promise<Set<string>> => new Set((await readEvents()).map(nameOf));

/** Frames of two cameras with the poison in their midst; `camera frame` of each innocent one, and the id of the poison. */
async function write(): Promise<{ readonly innocent: string[]; readonly poison: string }> {
  const innocent: string[] = [];
  let poison = '';
  for (let index = 0; index < neighbours; index += 1) {
    if (index === neighbours / 2) poison = await addPoisonFrame(testStack.redis, 'cam_0');
    const camera = `cam_${index % 2}`;
    innocent.push(`${camera} ${await addSceneFrame(testStack.redis, index % 4, camera)}`);
  }
  return { innocent, poison };
}

async function outcome(worker: WorkerProcess, name: string): Promise<number> {
  const rows = await worker.metric('trinetra_worker_frames_total');
  return [...rows].reduce(
    (sum, [labels, count]) => (labels.includes(`outcome="${name}"`) ? sum + count : sum),
    0,
  );
}

it.each(variants(['decode', 'infer'] as const))(
  'a frame that ends the process each time at %s is dead-lettered after 3 deliveries, and nothing else is',
  { timeout: 240_000 },
  async (where) => {
    const { innocent, poison } = await write();
    await using fleet = await startFleet(injectPoison(where));
    await waitFor(
      'the dead letter',
      async () => ((await testStack.redis.xlen('frames-dead:cam_0')) > 0 ? true : undefined),
      150_000,
    );
    await waitFor('every innocent frame to be published', async () =>
      (await published()).size >= innocent.length ? true : undefined,
    );
    await waitFor('nothing to be pending', async () =>
      (await testStack.pending()) === 0 ? true : undefined,
    );
    const deaths = fleet.deaths();
    expect(deaths, 'no more deaths than deliveries').toBe(maxDeliveries);
    expect(await published()).toEqual(new Set(innocent));
    expect(await testStack.redis.keys('frames-dead:*')).toEqual(['frames-dead:cam_0']);

    const workers = fleet.living();
    for (const worker of workers) await worker.ready();
    const deadLettered = await Promise.all(workers.map((worker) => outcome(worker, 'dead_lettered')));
    expect(deadLettered.reduce((sum, count) => sum + count, 0)).toBe(1);
    // Whoever has not yet met a camera has no books; those that have, balance.
    for (const worker of workers) {
      if ((await worker.metric('trinetra_worker_frames_delivered_total')).size > 0) await checkLedger(worker);
    }

    const env = { REDIS_URL: testStack.server.url };
    const listed = await runCli(['dead-letters', 'ls', '--camera', 'cam_0', '--json'], env);
    const letters: unknown = JSON.parse(listed.stdout);
    expect(letters).toMatchObject([
      { camera_id: 'cam_0', reason: 'max_deliveries', deliveries: maxDeliveries, entry_id: poison },
    ]);

    // Still alive afterwards, with work: the fleet is not in a loop.
    const later = `cam_0 ${await addSceneFrame(testStack.redis, 1, 'cam_0')}`;
    await waitFor('a later frame to be published', async () =>
      (await published()).has(later) ? true : undefined,
    );
    expect(fleet.deaths()).toBe(maxDeliveries);
    await fleet[Symbol.asyncDispose]();

    // The fault is mended: a worker without it takes what is replayed.
    const replayed = await runCli(['dead-letters', 'replay', 'cam_0', '--all'], env);
    expect(replayed).toMatchObject({ code: 0, stdout: expect.stringContaining('1 of cam_0 replayed') });
    await using mended = await start('one', { CLAIM_IDLE_MS: '100' });
    await mended.ready();
    await waitFor('the replayed frame to be published', async () =>
      (await published()).size === innocent.length + 2 ? true : undefined,
    );
    expect(await testStack.redis.exists('frames-dead:cam_0')).toBe(1);
    expect(await testStack.redis.xlen('frames-dead:cam_0')).toBe(0);
    const events = await readEvents();
    report(
      `frame that ends the process each time at ${where}`,
      `1 among ${innocent.length} frames, ${names.length} workers, MAX_DELIVERIES=${maxDeliveries}; then replayed to a worker without the fault`,
      `${deaths} processes died; the frame is a dead letter after ${maxDeliveries} deliveries; ${innocent.length} of ${innocent.length} others published (${events.length - new Set(events.map(nameOf)).size} twice), none dead-lettered; published after the replay`,
      { frames: innocent.length, duplicates: events.length - new Set(events.map(nameOf)).size },
    );
  },
);

it('a frame that only makes the engine throw costs itself only: it is published as failed and acked, its batch is served', async () => {
  const { innocent, poison } = await write();
  await using worker = await start('one', { ...injectPoison('throw'), BATCH_TIMEOUT_MS: '500' });
  await waitFor('an event of every frame', async () =>
    (await published()).size > innocent.length ? true : undefined,
  );
  await waitFor('nothing to be pending', async () => ((await testStack.pending()) === 0 ? true : undefined));
  const events = await readEvents();
  expect(events).toHaveLength(innocent.length + 1);
  const failed = events.filter(({ status }) => status === 'failed');
  expect(failed.map(nameOf)).toEqual([`cam_0 ${poison}`]);
  expect(failed[0]?.reasons).toEqual(['detection_failed:run_failed']);
  await checkLedger(worker);
  expect(await testStack.redis.keys('frames-dead:*')).toEqual([]);
  const failures = await worker.metric('trinetra_worker_inference_failures_total');
  const runs = [...failures].reduce((sum, [, count]) => sum + count, 0);
  // On a CPU each frame of a batch is a run; where a run has several it is halved, which the tests of the detector show.
  expect(runs).toBe(1);
  report(
    'frame that makes the engine throw',
    `1 among ${innocent.length} frames`,
    `${runs} run failed, that of the frame; ${innocent.length} others published ok, it as failed; 0 pending, 0 dead letters`,
    { frames: innocent.length + 1, duplicates: 0 },
  );
});
