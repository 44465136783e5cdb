import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { injectSlowEngine } from '../inject.ts';
import { isFullRun, report, times, variants } from '../scenario.ts';
import { addSceneFrames } from '../scene-frames.ts';
import { type RedisTestStack, startRedisTestStack } from '../test-stack.ts';
import { startWorker, type WorkerProcess, waitFor } from '../worker-process.ts';

let testStack: RedisTestStack;
let folder = '';

beforeAll(async () => {
  testStack = await startRedisTestStack();
  folder = await mkdtemp(join(tmpdir(), 'trinetra-shutdown-'));
});
afterAll(async () => {
  await testStack[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});
beforeEach(() => testStack.redis.flushall());

async function start(name: string, extra: Record<string, string> = {}): Promise<WorkerProcess> {
  const worker = await startWorker({
    ...testStack.env,
    ...extra,
    SINK: `ndjson:${join(folder, name)}`,
    CONSUMER_NAME: name,
    STREAM_DELETE_ACKED: 'off',
  });
  await worker.ready();
  return worker;
}

it('SIGTERM under load leaves nothing pending, publishes each frame once, and the next worker goes on', async () => {
  const frames = times(24, 60);
  const names = isFullRun ? ['one', 'two', 'three'] : ['one', 'two'];
  await addSceneFrames(testStack.redis, frames);
  const published: string[] = [];
  for (const name of names) {
    await using worker = await start(name);
    const goal = name === names.at(-1) ? frames : published.length + 8;
    const lines = async (): Promise<string[]> =>
      (await readFile(join(folder, name), 'utf8').catch(() => '')).trim().split('\n').filter(Boolean);
    await waitFor(`${name} to publish`, async () =>
      published.length + (await lines()).length >= goal ? true : undefined,
    );
    expect(await worker.stop('SIGTERM')).toBe(0);
    published.push(...(await lines()).map((line): string => JSON.parse(line).frame_id));
    // What it had read but not begun is handed back; nothing is left in its name that was published.
    expect(await testStack.pending()).toBeLessThanOrEqual(frames - published.length);
  }
  expect(published).toHaveLength(frames);
  expect(new Set(published).size).toBe(frames);
  expect(await testStack.pending()).toBe(0);
  report(
    'SIGTERM under load',
    `${names.length} workers one after the other, each stopped with frames waiting`,
    `${frames} of ${frames} frames published, each once; 0 pending`,
    { frames, duplicates: 0 },
  );
});

it.each(
  variants([
    { limitMs: 500, drains: false },
    { limitMs: 60_000, drains: true },
  ]),
)(
  'an engine that takes 4 s is waited for as long as STOP_TIMEOUT_MS=$limitMs allows',
  async ({ limitMs, drains }) => {
    const name = `slow-${limitMs}`;
    await using worker = await start(name, { ...injectSlowEngine(4000), STOP_TIMEOUT_MS: String(limitMs) });
    await addSceneFrames(testStack.redis, 8);
    await waitFor('frames to be in work', async () => ((await testStack.pending()) > 0 ? true : undefined));
    const stoppedAt = performance.now();
    const code = await worker.stop('SIGTERM');
    const took = performance.now() - stoppedAt;
    const lines = (await readFile(join(folder, name), 'utf8').catch(() => ''))
      .trim()
      .split('\n')
      .filter(Boolean);
    if (drains) {
      expect(code).toBe(0);
      expect(lines.length).toBeGreaterThan(0);
      expect(await testStack.pending()).toBe(0);
    } else {
      // SIGKILL where the engine runs at that moment.
      expect(['SIGKILL', 1]).toContain(worker.child.signalCode ?? code);
      expect(worker.log()).toContain('not finished in time');
      expect([lines.length, took < 4000]).toEqual([0, true]);
      expect(await testStack.pending()).toBeGreaterThan(0);
    }
  },
);

it('a second signal ends the worker at once, whatever it waits for', async () => {
  await using worker = await start('impatient');
  await addSceneFrames(testStack.redis, 1);
  await waitFor('the frame to be published', async () =>
    (await worker.metric('trinetra_worker_frames_processed_total')).size > 0 ? true : undefined,
  );
  testStack.server.pause(); // the worker cannot leave its group
  try {
    worker.child.kill('SIGTERM');
    await waitFor('the worker to begin to stop', () =>
      worker.log().includes('finishing what is in flight') ? true : undefined,
    );
    expect(worker.child.exitCode).toBeNull();
    expect(await worker.stop('SIGTERM')).toBe(1);
    expect(worker.log()).toContain('second signal');
  } finally {
    testStack.server.resume();
  }
});

it('a second signal while the engine runs ends the worker without a crash, and leaves its frames to others', async () => {
  await addSceneFrames(testStack.redis, 60);
  await using worker = await start('hasty');
  await waitFor('frames to be published', async () =>
    (await worker.metric('trinetra_worker_frames_processed_total')).size > 0 ? true : undefined,
  );
  worker.child.kill('SIGTERM');
  worker.child.kill('SIGINT');
  await waitFor('the worker to end', () => worker.child.signalCode ?? worker.child.exitCode ?? undefined);
  // Not SIGABRT, which ONNX Runtime raises where a run ends in a process that exits.
  expect(['SIGKILL', 1], worker.log()).toContain(worker.child.signalCode ?? worker.child.exitCode);
  expect(worker.log()).not.toContain('terminate called');
  expect(await testStack.pending()).toBeGreaterThan(0);
});
