import { BroadcastChannel } from 'node:worker_threads';
import { expect, it, vi } from 'vitest';
import { createInferenceRuntime, InferenceError, type InferenceModel } from '../src/index.ts';
import { createInferenceRuntimeWith } from '../src/inference-runtime.ts';
import { doubling, heavy, rows, tripling, useModels } from './models.ts';

const write = useModels();

it('answers every run with its own result, however many wait', async () => {
  await using runtime = await createInferenceRuntime({ threads: 3, intraOpThreads: 1 });
  const model = await runtime.loadModel(await write('doubling.onnx', doubling));
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, index) => model.run({ x: rows(index, 0, 1) })),
  );
  expect(results.map(({ outputs }) => outputs['y']?.data[0])).toEqual(
    Array.from({ length: 50 }, (_, index) => 2 * index),
  );
});

it('lets a short run pass while another thread is busy with a long one', async () => {
  await using runtime = await createInferenceRuntime({ threads: 2, intraOpThreads: 1 });
  const slow = await runtime.loadModel(await write('heavy.onnx', heavy(60)));
  const quick = await runtime.loadModel(await write('doubling.onnx', doubling));
  const ended: string[] = [];
  const square = { type: 'float32', data: new Float32Array(512 * 512), dims: [512, 512] } as const;
  await Promise.all([
    slow.run({ x: square }).then(() => ended.push('slow')),
    quick.run({ x: rows(1, 2, 3) }).then(() => ended.push('quick')),
  ]);
  expect(ended).toEqual(['quick', 'slow']);
});

it('begins the runs of a later stage before those that wait for an earlier one, and each in the order of the calls', async () => {
  await using runtime = await createInferenceRuntime({ threads: 1, intraOpThreads: 1 });
  const first = await runtime.loadModel(await write('doubling.onnx', doubling));
  const later = await runtime.loadModel(await write('tripling.onnx', tripling), { priority: 1 });
  const ended: string[] = [];
  const run = async (name: string, model: InferenceModel): Promise<void> => {
    await model.run({ x: rows(1, 2, 3) });
    ended.push(name);
  };
  await Promise.all([
    ...['a', 'b', 'c', 'd'].map((name) => run(name, first)), // a thread takes two at once
    ...['x', 'y'].map((name) => run(name, later)),
  ]);
  expect(ended).toEqual(['a', 'b', 'x', 'y', 'c', 'd']);
});

it('gives its place back when a run is refused', async () => {
  await using runtime = await createInferenceRuntime({ threads: 1, intraOpThreads: 1 });
  const model = await runtime.loadModel(await write('doubling.onnx', doubling));
  const wrong = Array.from({ length: 5 }, () => model.run({ x: { ...rows(1, 2, 3), dims: [3, 1] } }));
  for (const result of await Promise.allSettled(wrong)) expect(result.status).toBe('rejected');
  const { outputs } = await model.run({ x: rows(1, 2, 3) });
  expect(outputs['y']?.data).toEqual(Float32Array.of(2, 4, 6));
});

it('tells of a model that cannot be had, once, and of a number of threads that makes no sense', async () => {
  await using runtime = await createInferenceRuntime({ threads: 2 });
  await expect(runtime.loadModel('nowhere.onnx')).rejects.toBeInstanceOf(InferenceError);
  await expect(createInferenceRuntime({ threads: 0 })).rejects.toThrow(/^threads: .*received 0$/);
});

it('leaves feeds in shared memory where they are', async () => {
  await using runtime = await createInferenceRuntime({ threads: 2, intraOpThreads: 1 });
  const model = await runtime.loadModel(await write('doubling.onnx', doubling));
  const data = new Float32Array(new SharedArrayBuffer(12));
  data.set([1, 2, 3]);
  const { outputs } = await model.run({ x: { type: 'float32', data, dims: [1, 3] } });
  expect(outputs['y']?.data).toEqual(Float32Array.of(2, 4, 6));
  expect([...data]).toEqual([1, 2, 3]);
});

it.each([
  ['by one thread', 'auto', 1],
  ['by as many as are asked for', 3, 3],
] as const)('holds a model on a GPU %s, and answers all its runs', async (_name, threads, loads) => {
  const asked: unknown[] = [];
  const channel = new BroadcastChannel('cuda-on-cpu-loads');
  channel.onmessage = ({ data }) => asked.push(data);
  const options = { executionProviders: ['cuda'], deviceId: 2, threads };
  const threadFile = new URL('fixtures/cuda-on-cpu-thread.ts', import.meta.url);
  await using runtime = await createInferenceRuntimeWith(options, threadFile, {
    checkProvider: async () => null,
  });
  const model = await runtime.loadModel(await write('doubling.onnx', doubling));
  expect(model.info.provider).toBe('cuda');
  const results = await Promise.all(Array.from({ length: 9 }, (_, at) => model.run({ x: rows(at, 0, 0) })));
  expect(results.map(({ outputs }) => outputs['y']?.data[0])).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16]);
  await vi.waitFor(() => expect(asked.length).toBeGreaterThanOrEqual(loads), 10_000);
  expect(asked).toEqual(Array.from({ length: loads }, () => '[{"name":"cuda","deviceId":2}]'));
  channel.close();
});

it.each([
  ['a GPU', 'cuda', 3],
  ['the CPU', 'cpu', 1],
] as const)('has on %s one session for each shape of its runs: %s', async (_name, provider, loads) => {
  const asked: unknown[] = [];
  const channel = new BroadcastChannel('cuda-on-cpu-loads');
  channel.onmessage = ({ data }) => asked.push(data);
  const threadFile = new URL('fixtures/cuda-on-cpu-thread.ts', import.meta.url);
  const options = { executionProviders: [provider], threads: 1 };
  await using runtime = await createInferenceRuntimeWith(options, threadFile, {
    checkProvider: async () => null,
  });
  const model = await runtime.loadModel(await write('doubling.onnx', doubling), { profile: true });
  for (const count of [1, 4, 1, 16, 4]) {
    const feed = { type: 'float32', data: new Float32Array(3 * count).fill(1), dims: [count, 3] } as const;
    const { outputs } = await model.run({ x: feed }, { reuseOutputs: true });
    expect(outputs['y']?.data).toEqual(new Float32Array(3 * count).fill(2));
  }
  await vi.waitFor(() => expect(asked.length).toBeGreaterThanOrEqual(loads), 10_000);
  expect(asked).toHaveLength(loads);
  expect(await model.placement?.()).toEqual(provider === 'cpu' ? null : { cpu: 1 });
  channel.close();
});

it('has no session for another shape of a file that is another one now', async () => {
  const threadFile = new URL('fixtures/cuda-on-cpu-thread.ts', import.meta.url);
  const options = { executionProviders: ['cuda'], threads: 1 };
  await using runtime = await createInferenceRuntimeWith(options, threadFile, {
    checkProvider: async () => null,
  });
  const model = await runtime.loadModel(await write('changing.onnx', doubling));
  expect((await model.run({ x: rows(1, 2, 3) })).outputs['y']?.data).toEqual(Float32Array.of(2, 4, 6));
  await write('changing.onnx', tripling);
  await expect(model.run({ x: rows(1, 2, 3, 4, 5, 6) })).rejects.toThrow('expected a file with SHA-256');
  expect((await model.run({ x: rows(1, 2, 3) })).outputs['y']?.data).toEqual(Float32Array.of(2, 4, 6));
});

it('tells how many threads are at work', async () => {
  await using runtime = await createInferenceRuntime({ threads: 2, intraOpThreads: 1 });
  const slow = await runtime.loadModel(await write('heavy.onnx', heavy(60)));
  expect(runtime.busyThreads).toBe(0);
  const square = { type: 'float32', data: new Float32Array(512 * 512), dims: [512, 512] } as const;
  const run = slow.run({ x: square });
  await vi.waitFor(() => expect(runtime.busyThreads).toBe(1), 10_000);
  await run;
  expect(runtime.busyThreads).toBe(0);
});

it('warms up every thread: what is run on all needs no session more on any', async () => {
  const asked: unknown[] = [];
  const channel = new BroadcastChannel('cuda-on-cpu-loads');
  channel.onmessage = ({ data }) => asked.push(data);
  const threadFile = new URL('fixtures/cuda-on-cpu-thread.ts', import.meta.url);
  const options = { executionProviders: ['cuda'], threads: 3 };
  await using runtime = await createInferenceRuntimeWith(options, threadFile, {
    checkProvider: async () => null,
  });
  const model = await runtime.loadModel(await write('doubling.onnx', doubling));
  const run = async (count: number) => {
    const data = new Float32Array(3 * count).fill(count);
    return (await model.run({ x: { type: 'float32', data, dims: [count, 3] } })).outputs['y']?.data[0];
  };
  expect(await runtime.onEveryThread(async () => [await run(1), await run(4)])).toEqual([2, 8]);
  const counts = Array.from({ length: 30 }, (_, at) => (at % 2 === 0 ? 1 : 4));
  expect(await Promise.all(counts.map(run))).toEqual(counts.map((count) => 2 * count));
  await vi.waitFor(() => expect(asked.length).toBeGreaterThanOrEqual(6), 10_000);
  expect(asked).toHaveLength(6); // for two shapes, on three threads
  channel.close();
});
