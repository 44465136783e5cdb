import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DetectionEvent, parseDetectionEvent } from '@trinetra/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checkLedger } from '../ledger.ts';
import { report, times } from '../scenario.ts';
import { addSceneFrames } from '../scene-frames.ts';
import { type RedisTestStack, startRedisTestStack } from '../test-stack.ts';
import { startWorker, type WorkerProcess, waitFor } from '../worker-process.ts';

/** What `inject-engine-fault.mjs` injects. */
interface EngineFault {
  readonly kind: 'oom' | 'throw' | 'end' | 'hang' | 'stuck';
  readonly model: 'detector' | 'face' | 'embedder';
  readonly over?: number;
  readonly once?: boolean;
}

const frames = times(8, 60);
/** A run of the demo models takes some tens of milliseconds, some hundreds on a busy machine. */
const timeoutMs = 2000;

let testStack: RedisTestStack;
let folder: string;
let eventsPath: string;
let faultPath: string;
let fifo: string;

beforeAll(async () => {
  testStack = await startRedisTestStack();
});
afterAll(() => testStack[Symbol.asyncDispose]());

/** Where a worker looks for a fault, and writes its events: its own. */
async function makeFolder(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-engine-'));
  eventsPath = join(folder, 'events');
  faultPath = join(folder, 'fault');
  fifo = join(folder, 'fifo');
}
const removeFolder = (): Promise<void> => rm(folder, { recursive: true, force: true });

/** A worker that is ready, whose engine can be made to fail, before there is a fault or a frame. */
async function startWorkerWithFaults(env: Record<string, string> = {}): Promise<WorkerProcess> {
  const worker = await startWorker({
    ...testStack.env,
    SINK: `ndjson:${eventsPath}`,
    CONSUMER_NAME: 'faulty',
    CLAIM_IDLE_MS: '10000',
    INFERENCE_TIMEOUT_MS: String(timeoutMs),
    NODE_OPTIONS: `--import=${fileURLToPath(new URL('../inject-engine-fault.mjs', import.meta.url))}`,
    INJECT_ENGINE_FILE: faultPath,
    INJECT_ENGINE_FIFO: fifo,
    ...env,
  });
  await worker.ready();
  return worker;
}

async function inject(fault: EngineFault): Promise<void> {
  await writeFile(`${faultPath}.new`, JSON.stringify(fault));
  await rename(`${faultPath}.new`, faultPath);
}

async function readEvents(): Promise<DetectionEvent[]> {
  const text = await readFile(eventsPath, 'utf8').catch(() => ''); // not there before the first event
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole.split('\n').filter(Boolean).map(parseDetectionEvent);
}

/** Events of these frames, each once, when nothing is pending any more and the books balance. */
async function eventsOf(ids: readonly string[], worker: WorkerProcess): Promise<DetectionEvent[]> {
  const wanted = new Set(ids);
  const found = async (): Promise<DetectionEvent[]> =>
    (await readEvents()).filter(({ frame_id }) => frame_id !== undefined && wanted.has(frame_id));
  await waitFor('an event of every frame', async () =>
    (await found()).length >= ids.length ? true : undefined,
  );
  await waitFor('every frame to be acked', async () =>
    (await testStack.pending()) === 0 ? true : undefined,
  );
  await checkLedger(worker);
  const events = await found();
  expect(events.map(({ frame_id }) => frame_id).toSorted()).toEqual([...ids].toSorted());
  return events;
}

const countOf = (events: readonly DetectionEvent[], status: string, reason?: string): number =>
  events.filter(
    (event) => event.status === status && (reason === undefined || event.reasons?.includes(reason)),
  ).length;

async function metric(worker: WorkerProcess, name: string, labels: string): Promise<number> {
  return (await worker.metric(name)).get(labels) ?? 0;
}

async function readiness(worker: WorkerProcess): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${worker.url}/ready`);
  return { status: response.status, body: await response.json() };
}

describe('a worker that outlives what fails in its engine', () => {
  let worker: WorkerProcess;
  const mend = (): Promise<void> => rm(faultPath, { force: true });
  beforeAll(async () => {
    await makeFolder();
    const noProbe = '86400000'; // a golden picture that meets a fault makes /ready say no until the next
    worker = await startWorkerWithFaults({ MAX_CONSECUTIVE_FAILURES: '3', PROBE_INTERVAL_MS: noProbe });
  });
  afterEach(mend);
  afterAll(async () => {
    await worker[Symbol.asyncDispose]();
    await removeFolder();
  });

  it('out of memory for runs of several faces: they are halved, the size is remembered, and no frame suffers', async () => {
    await inject({ kind: 'oom', model: 'embedder', over: 1 });
    const events = await eventsOf(await addSceneFrames(testStack.redis, frames), worker);
    expect(countOf(events, 'ok')).toBe(frames);
    const faces = events.flatMap(({ embeddings }) => embeddings).filter((embedding) => embedding !== null);
    expect(faces.length).toBeGreaterThan(frames);
    expect(await metric(worker, 'trinetra_effective_batch_size', '{model="embedder"}')).toBe(1);
    expect(await metric(worker, 'trinetra_effective_batch_size', '{model="face"}')).toBe(4);
    const failures = await metric(
      worker,
      'trinetra_worker_inference_failures_total',
      '{model="embedder",reason="out_of_memory"}',
    );
    // Some runs are under way when the first one is refused; afterwards none is too large.
    expect(failures).toBeGreaterThan(0);
    expect(failures).toBeLessThan(12);
    expect((await readiness(worker)).status).toBe(200);
    report(
      'engine out of memory for embedding runs of more than one face',
      `${frames} frames with ${faces.length} faces`,
      `${countOf(events, 'ok')} published ok, each face embedded; ${failures} runs refused until runs of 1 face were remembered`,
      { frames, duplicates: 0 },
    );
  });

  it('out of memory always: embeddings are [], nothing is tried again and again, and /ready says no until it passes', async () => {
    const before = worker.log().length;
    await inject({ kind: 'oom', model: 'embedder' });
    const events = await eventsOf(await addSceneFrames(testStack.redis, frames), worker);
    const failed = events.filter(({ reasons }) => reasons?.includes('embedding_failed:out_of_memory'));
    expect(failed.length).toBeGreaterThan(frames / 2);
    expect(failed.every(({ status, embeddings }) => status === 'degraded' && embeddings.length === 0)).toBe(
      true,
    );
    expect(failed.every(({ detections }) => detections.length > 0)).toBe(true);
    const sick = await readiness(worker);
    expect(sick).toMatchObject({
      status: 503,
      body: { checks: { inference: { ok: false, detail: { embedder: { reason: 'out_of_memory' } } } } },
    });
    expect((await fetch(`${worker.url}/health`)).status).toBe(200);
    expect(
      await metric(worker, 'trinetra_worker_frames_total', '{camera_id="cam",outcome="published_degraded"}'),
    ).toBe(failed.length);
    const lines = worker
      .log()
      .slice(before)
      .split('\n')
      .filter((line) => line.includes('out of memory')).length;
    expect(lines, 'the log is not flooded').toBeLessThan(10);

    await mend();
    const later = await eventsOf(await addSceneFrames(testStack.redis, frames), worker);
    expect(countOf(later, 'ok')).toBe(frames);
    expect((await readiness(worker)).status).toBe(200);
    report(
      'engine out of memory for every embedding run',
      `${frames} frames, then ${frames} more without the fault`,
      `${failed.length} of ${events.length} published degraded with embeddings [], ${countOf(events, 'ok')} had no face; /ready 503 meanwhile; then ${countOf(later, 'ok')} ok`,
      { frames: 2 * frames, duplicates: 0 },
    );
  });

  it.each<[what: string, fault: EngineFault, reason: string]>([
    ['runs out of memory', { kind: 'oom', model: 'detector' }, 'detection_failed:out_of_memory'],
    ['throws', { kind: 'throw', model: 'detector' }, 'detection_failed:run_failed'],
  ])('a detector that always %s costs the detections, not the frames', async (what, fault, reason) => {
    await inject(fault);
    const events = await eventsOf(await addSceneFrames(testStack.redis, frames), worker);
    expect(countOf(events, 'failed', reason)).toBe(frames);
    expect(events.every(({ detections, embeddings }) => detections.length + embeddings.length === 0)).toBe(
      true,
    );
    expect((await readiness(worker)).status).toBe(503);
    report(
      `detector that always ${what}`,
      `${frames} frames`,
      `${frames} published with status failed and ${reason}, acked, none read twice`,
      { frames, duplicates: 0 },
    );
  });

  it('a face model that always fails costs the faces, and the frame says so', async () => {
    await inject({ kind: 'throw', model: 'face' });
    const events = await eventsOf(await addSceneFrames(testStack.redis, frames), worker);
    const withPersons = events.filter(({ detections }) => detections.length > 0);
    expect(withPersons.length).toBeGreaterThan(frames / 2);
    expect(countOf(withPersons, 'degraded', 'face_failed')).toBe(withPersons.length);
    expect(withPersons.every(({ detections }) => detections.every(({ face }) => face === 'failed'))).toBe(
      true,
    );
    report(
      'face model that always throws',
      `${frames} frames`,
      `${withPersons.length} published degraded with face_failed, their persons kept`,
      { frames, duplicates: 0 },
    );
  });

  it('an engine thread that ends at work is started again, and its frames are served', async () => {
    const crashes = times(2, 10);
    let published = 0;
    for (let crash = 0; crash < crashes; crash += 1) {
      await inject({ kind: 'end', model: crash % 2 === 0 ? 'detector' : 'embedder', once: true });
      const events = await eventsOf(await addSceneFrames(testStack.redis, frames), worker);
      expect(countOf(events, 'ok')).toBe(frames);
      published += events.length;
      expect(await metric(worker, 'trinetra_worker_engine_restarts_total', '{reason="engine_crashed"}')).toBe(
        crash + 1,
      );
    }
    expect((await readiness(worker)).status).toBe(200);
    report(
      'engine thread ends at work',
      `${crashes} threads while ${crashes * frames} frames were served`,
      `${published} published ok: the run that was lost ran again in a new thread`,
      { frames: crashes * frames, duplicates: 0 },
    );
  });

  it('a run that hangs is given up, costs its own frame only, and its thread is replaced', async () => {
    await inject({ kind: 'hang', model: 'detector', once: true });
    const events = await eventsOf(await addSceneFrames(testStack.redis, frames), worker);
    expect(countOf(events, 'failed', 'detection_failed:inference_timeout')).toBe(1);
    expect(countOf(events, 'ok')).toBe(frames - 1);
    const restarts = () =>
      metric(worker, 'trinetra_worker_engine_restarts_total', '{reason="inference_timeout"}');
    await waitFor('its thread to be replaced', async () => ((await restarts()) === 1 ? true : undefined));
    expect((await readiness(worker)).status).toBe(200);
    report(
      'engine run that never ends',
      `1 of ${frames} frames, INFERENCE_TIMEOUT_MS=${timeoutMs}`,
      `1 published with status failed and inference_timeout, ${frames - 1} ok; its thread was replaced`,
      { frames, duplicates: 0 },
    );
  });
});

it('a thread that is stuck in native code costs one frame; the process serves on, then ends itself for a clean restart', async () => {
  await testStack.redis.flushall();
  await makeFolder();
  execFileSync('mkfifo', [fifo]);
  try {
    await using worker = await startWorkerWithFaults();
    await inject({ kind: 'stuck', model: 'detector', once: true });
    const events = await eventsOf(await addSceneFrames(testStack.redis, frames), worker);
    expect(countOf(events, 'failed', 'detection_failed:inference_timeout')).toBe(1);
    expect(countOf(events, 'ok')).toBe(frames - 1);
    await waitFor('the worker to end itself', () => (worker.child.signalCode === null ? undefined : true));
    expect(worker.child.signalCode).toBe('SIGKILL');
    expect(worker.log()).toContain('the engine is stuck');
    expect(await testStack.pending()).toBe(0);

    await using next = await startWorkerWithFaults();
    const later = await eventsOf(await addSceneFrames(testStack.redis, frames), next);
    expect(countOf(later, 'ok')).toBe(frames);
    expect(await readEvents()).toHaveLength(2 * frames);
    report(
      'engine thread stuck in native code',
      `1 of ${frames} frames; ${frames} more after the restart`,
      `1 published with status failed, ${frames - 1} ok; the process ended itself with 0 pending; ${countOf(later, 'ok')} ok after it, none twice`,
      { frames: 2 * frames, duplicates: 0 },
    );
  } finally {
    closeSync(openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK)); // whoever still reads it goes on
    await removeFolder();
  }
});
