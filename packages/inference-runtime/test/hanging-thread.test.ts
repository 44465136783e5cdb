import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BroadcastChannel } from 'node:worker_threads';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createInferenceRuntimeWith } from '../src/inference-runtime.ts';
import { doubling, rows, useModels } from './models.ts';

const write = useModels();

/** What the threads are asked for from now on. */
function listenToThreads(): () => string[] {
  const asked: string[] = [];
  const channel = new BroadcastChannel('inference-thread-requests');
  channel.onmessage = ({ data }) => void asked.push(String(data));
  onTestFinished(() => channel.close());
  return () => asked;
}
const fragile = new URL('fixtures/crashing-thread.ts', import.meta.url);
/** Short, but longer than a run of a tiny model takes on a busy machine. */
const runTimeoutMs = 400;
const lateTimeoutMs = 200;

describe('a run that hangs', () => {
  it('is told so after its time, costs only itself, and another thread serves the next', async () => {
    const onRestart = vi.fn();
    await using runtime = await createInferenceRuntimeWith(
      { runTimeoutMs, lateTimeoutMs, onRestart },
      fragile,
    );
    const model = await runtime.loadModel(await write('doubling.onnx', doubling));
    await model.run({ x: rows(1, 0, 0) });
    const hanging = model.run({ x: rows(777, 0, 0) });
    const behind = model.run({ x: rows(2, 0, 0) });
    await Promise.all([
      expect(hanging).rejects.toMatchObject({ code: 'inference_timeout', retryable: true }),
      expect(behind).rejects.toMatchObject({ code: 'not_begun', retryable: true }),
    ]);
    expect((await model.run({ x: rows(3, 0, 0) })).outputs['y']?.data[0]).toBe(6);
    expect(onRestart.mock.calls).toEqual([['inference_timeout']]);
  });

  it('has more time the first time, when engines compile', async () => {
    await using runtime = await createInferenceRuntimeWith({ runTimeoutMs: 200 }, fragile);
    const model = await runtime.loadModel(await write('doubling.onnx', doubling));
    await expect(model.run({ x: rows(777, 0, 0) })).rejects.toThrow('no answer for 1200 ms');
  });

  it('does not hold up close()', async () => {
    const runtime = await createInferenceRuntimeWith({ runTimeoutMs: 200 }, fragile);
    const model = await runtime.loadModel(await write('doubling.onnx', doubling));
    const hanging = expect(model.run({ x: rows(777, 0, 0) })).rejects.toMatchObject({
      code: 'inference_timeout',
    });
    await runtime.close();
    await hanging;
  });
});

it('a thread that is stuck in native code is left behind and told of, while another serves', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trinetra-stuck-'));
  const fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  vi.stubEnv('STUCK_FIFO', fifo);
  const onStuck = vi.fn();
  try {
    const options = { runTimeoutMs: 200, lateTimeoutMs, abandonedTimeoutMs: 300, onStuck };
    await using runtime = await createInferenceRuntimeWith(options, fragile);
    const model = await runtime.loadModel(await write('doubling.onnx', doubling));
    await expect(model.run({ x: rows(888, 0, 0) })).rejects.toMatchObject({ code: 'inference_timeout' });
    expect((await model.run({ x: rows(1, 0, 0) })).outputs['y']?.data[0]).toBe(2);
    await vi.waitFor(() => expect(onStuck).toHaveBeenCalledOnce(), 5000);
    expect(String(onStuck.mock.calls[0])).toContain('a native call has not ended 300 ms');
    expect(runtime.busyThreads).toBe(1);
    writeFileSync(fifo, '');
    await vi.waitFor(() => expect(runtime.busyThreads).toBe(0), 5000);
  } finally {
    // Whoever still waits for the FIFO to be written goes on, or this process could not end.
    const end = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    closeSync(end);
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  }
});

describe('a run that takes longer than it may', () => {
  it('leaves its thread to the next run once it ends: nothing is loaded again', async () => {
    const asked = listenToThreads();
    const onRestart = vi.fn();
    await using runtime = await createInferenceRuntimeWith({ runTimeoutMs, onRestart }, fragile);
    const model = await runtime.loadModel(await write('doubling.onnx', doubling));
    await model.run({ x: rows(1, 0, 0) });
    const late = model.run({ x: rows(777, 0, 0) });
    const behind = model.run({ x: rows(2, 0, 0) });
    await Promise.all([
      expect(late).rejects.toMatchObject({ code: 'inference_timeout' }),
      expect(behind).rejects.toMatchObject({ code: 'not_begun' }),
    ]);
    expect(runtime.busyThreads).toBe(1);
    expect((await model.run({ x: rows(3, 0, 0) })).outputs['y']?.data[0]).toBe(6);
    expect(onRestart).not.toHaveBeenCalled();
    expect(asked().filter((request) => request.startsWith('load'))).toEqual(['load on cpu']);
  });

  it('costs the runs that come meanwhile their wait at most', async () => {
    await using runtime = await createInferenceRuntimeWith({ runTimeoutMs, restartWaitMs: 100 }, fragile);
    const model = await runtime.loadModel(await write('doubling.onnx', doubling));
    await model.run({ x: rows(1, 0, 0) });
    await expect(model.run({ x: rows(777, 0, 0) })).rejects.toMatchObject({ code: 'inference_timeout' });
    await expect(model.run({ x: rows(2, 0, 0) })).rejects.toThrow(
      'the inference thread is at a call that takes longer than it may and was not back within 100 ms',
    );
  });

  it('is waited for by close(): a thread that ends within ONNX Runtime would abort the process', async () => {
    const runtime = await createInferenceRuntimeWith({ runTimeoutMs }, fragile);
    const model = await runtime.loadModel(await write('doubling.onnx', doubling));
    await model.run({ x: rows(1, 0, 0) });
    await expect(model.run({ x: rows(777, 0, 0) })).rejects.toMatchObject({ code: 'inference_timeout' });
    await runtime.close();
    expect(runtime.busyThreads).toBe(0);
  });
});

it('beside one thread that is given up another works; beside two none, until one of them ends', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trinetra-stuck-'));
  const fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  vi.stubEnv('STUCK_FIFO', fifo);
  const onRestart = vi.fn();
  try {
    const options = { runTimeoutMs: 200, lateTimeoutMs, restartWaitMs: 2000, onRestart };
    await using runtime = await createInferenceRuntimeWith(options, fragile);
    const model = await runtime.loadModel(await write('doubling.onnx', doubling));
    for (let stuck = 0; stuck < 2; stuck += 1) {
      await model.run({ x: rows(1, 0, 0) });
      await expect(model.run({ x: rows(888, 0, 0) })).rejects.toMatchObject({ code: 'inference_timeout' });
    }
    await vi.waitFor(() => expect(onRestart).toHaveBeenCalledTimes(2), 5000);
    await expect(model.run({ x: rows(1, 0, 0) })).rejects.toMatchObject({ code: 'engine_restarting' });
    expect(runtime.busyThreads).toBe(2);
    closeSync(openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK));
    await vi.waitFor(
      async () => expect((await model.run({ x: rows(1, 0, 0) })).outputs['y']).toBeDefined(),
      10_000,
    );
    await vi.waitFor(() => expect(runtime.busyThreads).toBe(0), 5000);
  } finally {
    closeSync(openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK));
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  }
});

describe('while no thread is up', () => {
  it('a run waits as long as it may, then is told that the engine restarts', async () => {
    await using runtime = await createInferenceRuntimeWith({ restartWaitMs: 0 }, fragile);
    const model = await runtime.loadModel(await write('doubling.onnx', doubling));
    await expect(model.run({ x: rows(666, 0, 0) })).rejects.toMatchObject({ code: 'engine_crashed' });
    await expect(model.run({ x: rows(1, 0, 0) })).rejects.toMatchObject({
      code: 'engine_restarting',
      retryable: true,
    });
    await vi.waitFor(
      async () => expect((await model.run({ x: rows(1, 0, 0) })).outputs['y']).toBeDefined(),
      10_000,
    );
  });

  it('close() ends the wait of a run', async () => {
    const runtime = await createInferenceRuntimeWith({}, fragile);
    const model = await runtime.loadModel(await write('doubling.onnx', doubling));
    await expect(model.run({ x: rows(666, 0, 0) })).rejects.toMatchObject({ code: 'engine_crashed' });
    const waiting = expect(model.run({ x: rows(1, 0, 0) })).rejects.toMatchObject({ code: 'closed' });
    await runtime.close();
    await waiting;
  });
});

it('several threads: those that are up get the runs, however many crash or hang', async () => {
  await using runtime = await createInferenceRuntimeWith({ threads: 2, runTimeoutMs: 300 }, fragile);
  const model = await runtime.loadModel(await write('doubling.onnx', doubling));
  const values = [1, 666, 2, 777, 3, 4, 5, 6, 7, 8];
  const results = await Promise.allSettled(values.map((value) => model.run({ x: rows(value, 0, 0) })));
  for (const [index, result] of results.entries()) {
    const value = values[index] ?? 0;
    if (result.status === 'fulfilled') expect(result.value.outputs['y']?.data[0]).toBe(2 * value);
    else expect(['engine_crashed', 'inference_timeout', 'not_begun']).toContain(result.reason.code);
  }
  // Those in the two threads with the two culprits are lost, at most; the ones in the queue are served.
  expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(6);
});
