import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BroadcastChannel, markAsUntransferable } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createInferenceRuntime,
  InferenceError,
  type InferenceRuntime,
  type TensorData,
} from '../src/index.ts';
import { createInferenceRuntimeWith } from '../src/inference-runtime.ts';
import { doubling, half, heavy, multiplyingByData, negation, rows, tripling, useModels } from './models.ts';

const write = useModels();
/** A tensor as a caller has it after its buffer was moved. */
function moved(): TensorData {
  const tensor = rows(1, 2, 3);
  structuredClone(tensor, { transfer: [tensor.data.buffer as ArrayBuffer] });
  return tensor;
}

let runtime: InferenceRuntime;
beforeEach(async () => {
  runtime = await createInferenceRuntime({ intraOpThreads: 1 });
});
afterEach(() => runtime.close());

describe('a loaded model', () => {
  it('computes, for any size of a symbolic axis', async () => {
    const model = await runtime.loadModel(await write('doubling.onnx', doubling));
    const { outputs } = await model.run({ x: rows(1, 2, 3, 4, 5, 6) });
    expect(outputs['y']).toEqual({
      type: 'float32',
      data: Float32Array.of(2, 4, 6, 8, 10, 12),
      dims: [2, 3],
    });
  });

  it('says what really runs: provider, precision, hash, shapes, metadata and first operators', async () => {
    const path = await write('doubling.onnx', doubling);
    const { info } = await runtime.loadModel(path);
    expect(info).toMatchObject({
      requestedPath: path,
      path,
      provider: 'cpu',
      precision: 'fp32',
      inputs: [{ name: 'x', type: 'float32', dims: ['n', 3] }],
      outputs: [{ name: 'y', type: 'float32', dims: ['n', 3] }],
      metadata: { names: "{0: 'person'}", stride: '32' },
      operators: ['Mul'],
    });
    expect(info.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(info.fallback).toBeUndefined();
  });

  it('moves the buffer of a feed into the thread and hands it back', async () => {
    const model = await runtime.loadModel(await write('doubling.onnx', doubling));
    const x = rows(1, 2, 3);
    const running = model.run({ x });
    expect(x.data.length).toBe(0); // detached, not copied
    const { feeds } = await running;
    expect(feeds['x']?.data).toEqual(Float32Array.of(1, 2, 3));
  });

  it('copies a feed that is a view into a larger buffer, and leaves the buffer alone', async () => {
    const model = await runtime.loadModel(await write('doubling.onnx', doubling));
    const whole = Float32Array.of(9, 9, 9, 1, 2, 3);
    const { outputs } = await model.run({
      x: { type: 'float32', data: whole.subarray(3), dims: [1, 3] },
    });
    expect(outputs['y']?.data).toEqual(Float32Array.of(2, 4, 6));
    expect(whole).toHaveLength(6);
  });

  it('takes and gives float16 as its bits, and only the outputs that are asked for', async () => {
    const model = await runtime.loadModel(await write('half.onnx', half));
    const one = 0x3c00;
    const x = { type: 'float16', data: Uint16Array.of(one, 0, one, 0), dims: [2, 2] } as const;
    const { outputs } = await model.run({ x }, { fetches: ['z'] });
    expect(Object.keys(outputs)).toEqual(['z']);
    expect(outputs['z']?.data).toEqual(Uint16Array.of(0xbc00, 0x8000, 0xbc00, 0x8000));
  });

  it('answers several models and calls in the order of the calls', async () => {
    const a = await runtime.loadModel(await write('doubling.onnx', doubling));
    const b = await runtime.loadModel(await write('heavy.onnx', heavy(4)));
    const square = (): { type: 'float32'; data: Float32Array; dims: number[] } => ({
      type: 'float32',
      data: new Float32Array(512 * 512),
      dims: [512, 512],
    });
    const ended: string[] = [];
    await Promise.all([
      b.run({ x: square() }).then(() => ended.push('b1')),
      a.run({ x: rows(1, 2, 3) }).then(() => ended.push('a')),
      b.run({ x: square() }).then(() => ended.push('b2')),
    ]);
    expect(ended).toEqual(['b1', 'a', 'b2']);
  });

  it('leaves the event loop free while it runs', async () => {
    const model = await runtime.loadModel(await write('heavy.onnx', heavy(120)));
    let running = true;
    const x = { type: 'float32', data: new Float32Array(512 * 512), dims: [512, 512] } as const;
    const run = model.run({ x }).finally(() => {
      running = false;
    });
    let turns = 0;
    while (running) {
      await new Promise((resolve) => setImmediate(resolve));
      turns += 1;
    }
    await run;
    expect(turns).toBeGreaterThan(50); // a blocked loop would turn once
  });
});

describe('what does not fit', () => {
  it.each([
    ['an unknown name', { z: rows(1, 2, 3) }, /expected x but received z/],
    ['a missing input', {}, /feed x: expected a tensor but received nothing/],
    [
      'another shape',
      { x: { type: 'float32', data: new Float32Array(4), dims: [1, 4] } },
      /shape \[n, 3\] but received \[1, 4\]/,
    ],
    [
      'another type',
      { x: { type: 'uint8', data: new Uint8Array(3), dims: [1, 3] } },
      /expected float32 but received uint8/,
    ],
    [
      'too few values',
      { x: { type: 'float32', data: new Float32Array(3), dims: [2, 3] } },
      /expected 6 values for \[2, 3\] but received 3/,
    ],
    [
      'an array of another class',
      { x: { type: 'float32', data: new Uint8Array(3), dims: [1, 3] } },
      /expected a Float32Array for float32 but received a Uint8Array/,
    ],
    ['a feed that an earlier run took', { x: moved() }, /use the `feeds` of its result/],
  ] as const)('refuses %s before anything is moved', async (_name, feeds, message) => {
    const model = await runtime.loadModel(await write('doubling.onnx', doubling));
    await expect(model.run(feeds)).rejects.toThrow(message);
    await expect(model.run(feeds)).rejects.toMatchObject({ code: 'model_mismatch', retryable: false });
    expect((await model.run({ x: rows(1, 2, 3) })).outputs['y']?.data[0]).toBe(2);
  });

  it('refuses another batch size than the one that a model is fixed to', async () => {
    const model = await runtime.loadModel(await write('half.onnx', half));
    const x = { type: 'float16', data: new Uint16Array(6), dims: [3, 2] } as const;
    await expect(model.run({ x })).rejects.toThrow(/shape \[2, 2\] but received \[3, 2\]/);
  });

  it('refuses an output that is not there, and leaves the feeds to the caller', async () => {
    const model = await runtime.loadModel(await write('doubling.onnx', doubling));
    const x = rows(1, 2, 3);
    await expect(model.run({ x }, { fetches: ['z'] })).rejects.toMatchObject({
      code: 'model_mismatch',
      message: 'fetches: expected some of y but received z',
    });
    expect(x.data).toHaveLength(3);
  });

  it('refuses a buffer that cannot be moved, and still closes', async () => {
    const path = await write('any-length.onnx', negation);
    await using other = await createInferenceRuntime({ intraOpThreads: 1 });
    const model = await other.loadModel(path);
    const data = new Float32Array(4);
    markAsUntransferable(data.buffer);
    const run = model.run({ x: { type: 'float32', data, dims: [4] } });
    await expect(run).rejects.toMatchObject({
      code: 'model_mismatch',
      message: expect.stringContaining('pass a copy'),
    });
    await other.close();
  });

  it('names the path of a model that is not there', async () => {
    await expect(runtime.loadModel('nowhere/yolo.onnx')).rejects.toMatchObject({
      code: 'model_not_found',
      message: expect.stringContaining('nowhere/yolo.onnx'),
    });
  });

  it.each([
    ['is empty', Buffer.alloc(0)],
    ['is noise', Buffer.from('this is no model, whatever its name says'.repeat(20))],
    ['ends early', doubling.subarray(0, doubling.length - 40)],
  ])('refuses a file that %s, and goes on', async (_name, bytes) => {
    const path = await write('broken.onnx', bytes);
    const error = await runtime.loadModel(path).catch((problem: unknown) => problem);
    expect(InferenceError.isInstance(error) && error.code).toBe('model_unusable');
    expect(String(error)).toContain(path);
    const model = await runtime.loadModel(await write('doubling.onnx', doubling));
    expect((await model.run({ x: rows(1, 2, 3) })).outputs['y']?.data[0]).toBe(2);
  });
});

describe('a thread that crashes', () => {
  const crashing = new URL('fixtures/crashing-thread.ts', import.meta.url);

  it('leaves models that can be closed', async () => {
    await using fragile = await createInferenceRuntimeWith({ intraOpThreads: 1 }, crashing);
    const path = await write('doubling.onnx', doubling);
    const model = await fragile.loadModel(path);
    const lost = model.run({ x: rows(666, 0, 0) });
    const closed = model.close();
    await expect(lost).rejects.toMatchObject({ code: 'engine_crashed' });
    await closed;
    await model.close();
  });

  it('brings a model back on the provider it reported, lets its runs end when it is closed, and frees it', async () => {
    const asked: unknown[] = [];
    const channel = new BroadcastChannel('inference-thread-requests');
    channel.onmessage = ({ data }) => asked.push(data);
    const executionProviders = ['nonesuch', 'cpu'];
    await using fragile = await createInferenceRuntimeWith({ executionProviders }, crashing);
    const model = await fragile.loadModel(await write('doubling.onnx', doubling));
    await expect(model.run({ x: rows(666, 0, 0) })).rejects.toMatchObject({ code: 'engine_crashed' });
    const reloaded = model.run({ x: rows(1, 2, 3) });
    await model.close();
    expect((await reloaded).outputs['y']?.data[0]).toBe(2);
    await vi.waitFor(
      () => expect(asked).toEqual(['load on nonesuch', 'load on cpu', 'load on cpu', 'run', 'unload']),
      10_000,
    );
    channel.close();
    await expect(model.run({ x: rows(1, 2, 3) })).rejects.toMatchObject({ code: 'closed' });
  });

  it('never brings a model back with other weights than it reported', async () => {
    await using fragile = await createInferenceRuntimeWith({ intraOpThreads: 1 }, crashing);
    const model = await fragile.loadModel(await write('replaced.onnx', doubling));
    await expect(model.run({ x: rows(666, 0, 0) })).rejects.toMatchObject({ code: 'engine_crashed' });
    await write('replaced.onnx', tripling);
    await expect(model.run({ x: rows(1, 2, 3) })).rejects.toMatchObject({
      code: 'model_load_failed',
      message: expect.stringContaining(model.info.sha256),
    });
    await write('replaced.onnx', doubling);
    expect((await model.run({ x: rows(1, 2, 3) })).outputs['y']?.data[0]).toBe(2);
  });

  it('never brings a model back whose weights, in a file of their own, were replaced', async () => {
    const weight = (value: number): Buffer => Buffer.from(Float32Array.of(value).buffer);
    await using fragile = await createInferenceRuntimeWith({ intraOpThreads: 1 }, crashing);
    await write('weight.data', weight(2));
    const model = await fragile.loadModel(await write('external.onnx', multiplyingByData));
    await expect(model.run({ x: rows(666, 0, 0) })).rejects.toMatchObject({ code: 'engine_crashed' });
    await write('weight.data', weight(3));
    await expect(model.run({ x: rows(1, 2, 3) })).rejects.toMatchObject({
      code: 'model_load_failed',
      message: expect.stringContaining(model.info.sha256),
    });
    await write('weight.data', weight(2));
    expect((await model.run({ x: rows(1, 2, 3) })).outputs['y']?.data[0]).toBe(2);
  });

  it('costs only the runs under way: the next one starts another thread with the models loaded', async () => {
    await using fragile = await createInferenceRuntimeWith({ intraOpThreads: 1 }, crashing);
    const first = await fragile.loadModel(await write('doubling.onnx', doubling));
    const second = await fragile.loadModel(await write('half.onnx', half));
    for (const round of [1, 2]) {
      const lost = await Promise.allSettled([
        first.run({ x: rows(666, 0, 0) }),
        first.run({ x: rows(round, 0, 0) }),
      ]);
      for (const [index, code] of ['engine_crashed', 'not_begun'].entries()) {
        expect(lost[index]).toMatchObject({ status: 'rejected', reason: { code, retryable: true } });
      }
      const [again, other] = await Promise.all([
        first.run({ x: rows(round, 0, 0) }),
        second.run({ x: { type: 'float16', data: new Uint16Array(4), dims: [2, 2] } }),
      ]);
      expect(again.outputs['y']?.data[0]).toBe(2 * round);
      expect(other.outputs['y']?.dims).toEqual([2, 2]);
    }
  });
});

describe('the end', () => {
  it('close() finishes the runs under way, refuses later ones, and may be called twice', async () => {
    const model = await runtime.loadModel(await write('doubling.onnx', doubling));
    const running = model.run({ x: rows(1, 2, 3) });
    await Promise.all([runtime.close(), runtime.close()]);
    expect((await running).outputs['y']?.data[0]).toBe(2);
    await expect(model.run({ x: rows(1, 2, 3) })).rejects.toMatchObject({ code: 'closed' });
    await expect(runtime.loadModel('any.onnx')).rejects.toMatchObject({ code: 'closed' });
    await model.close();
  });

  it('a closed model frees its session and refuses runs, the others go on', async () => {
    const path = await write('doubling.onnx', doubling);
    const [one, other] = [await runtime.loadModel(path), await runtime.loadModel(path)];
    await one.close();
    await one.close();
    await expect(one.run({ x: rows(1, 2, 3) })).rejects.toMatchObject({ code: 'closed' });
    expect((await other.run({ x: rows(1, 2, 3) })).outputs['y']?.data[0]).toBe(2);
  });

  it('rejects with the reason of a signal that aborts before or during a run', async () => {
    const model = await runtime.loadModel(await write('doubling.onnx', doubling));
    const early = AbortSignal.abort(new Error('too late'));
    await expect(model.run({ x: rows(1, 2, 3) }, { signal: early })).rejects.toThrow('too late');
    const abort = new AbortController();
    const running = model.run({ x: rows(1, 2, 3) }, { signal: abort.signal });
    abort.abort(new Error('changed my mind'));
    await expect(running).rejects.toThrow('changed my mind');
    expect((await model.run({ x: rows(1, 2, 3) })).outputs['y']?.data[0]).toBe(2);
  });

  it('refuses options out of range, all in one message', async () => {
    const wrong = createInferenceRuntime({ intraOpThreads: 0, executionProviders: [] });
    await expect(wrong).rejects.toThrow(/intraOpThreads.*executionProviders/);
    const path = await write('doubling.onnx', doubling);
    await expect(runtime.loadModel(path, { intraOpThreads: 0 })).rejects.toMatchObject({
      code: 'invalid_options',
      message: expect.stringMatching(/^intraOpThreads: .*received 0$/),
    });
  });
});

const models = new URL('../../../../shared/models/', import.meta.url);
describe.skipIf(!existsSync(models))('real models (need ../shared)', () => {
  it.each([
    ['yolov8n.onnx', 'images', [3, 640, 640], [84, 8400], 'fp32', { task: 'detect', stride: '32' }],
    ['yolov8n_fp16.onnx', 'images', [3, 640, 640], [84, 8400], 'fp16', { task: 'detect', stride: '32' }],
    ['edgeface_xs.onnx', 'input', [3, 112, 112], [512], 'fp32', { model: 'EdgeFace edgenext_x_small' }],
  ] as const)(
    '%s loads with its shapes, precision and metadata',
    async (name, input, dims, output, precision, metadata) => {
      const { info } = await runtime.loadModel(fileURLToPath(new URL(name, models)));
      expect(info).toMatchObject({ precision, metadata });
      expect(info.inputs[0]?.name).toBe(input);
      expect(info.inputs[0]?.dims.slice(1)).toEqual(dims);
      expect(info.outputs[0]?.dims.slice(1)).toEqual(output);
    },
  );
});
