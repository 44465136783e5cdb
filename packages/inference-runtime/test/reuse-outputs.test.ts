import { fileURLToPath } from 'node:url';
import { onnxModel } from '@trinetra/test-support';
import { describe, expect, it } from 'vitest';
import { createInferenceRuntime, type TensorData } from '../src/index.ts';
import { doubling, half, rows, useModels } from './models.ts';

const write = useModels();

/** Doubles, then keeps what is not zero: how long its answer is depends on the numbers. */
const picky = onnxModel({
  inputs: [{ name: 'x', dims: ['n'] }],
  outputs: [{ name: 'y', dims: ['m'] }],
  nodes: [
    { op: 'Cast', inputs: ['x'], outputs: ['kept'], attributes: { to: 9 } },
    { op: 'Compress', inputs: ['x', 'kept'], outputs: ['y'] },
  ],
});

const reuse = { reuseOutputs: true } as const;
const numbers = (...values: readonly number[]): TensorData => ({
  type: 'float32',
  data: Float32Array.from(values),
  dims: [values.length],
});

describe('a run with reuseOutputs', () => {
  it('answers in memory that is written anew once it was released, and no earlier', async () => {
    await using runtime = await createInferenceRuntime({ intraOpThreads: 1 });
    const model = await runtime.loadModel(await write('doubling.onnx', doubling));
    const run = (...values: readonly number[]) => model.run({ x: rows(...values) }, reuse);
    expect([...((await run(1, 2, 3)).outputs['y']?.data ?? [])]).toEqual([2, 4, 6]);
    const first = await run(4, 5, 6);
    const second = await run(7, 8, 9);
    expect([...(first.outputs['y']?.data ?? [])]).toEqual([8, 10, 12]);
    expect([...(second.outputs['y']?.data ?? [])]).toEqual([14, 16, 18]);
    first.release?.();
    first.release?.(); // a second call does nothing
    const third = await run(-1, -2, -3);
    const fourth = await run(0, 1, 0);
    expect(third.outputs['y']?.data.buffer).toBe(first.outputs['y']?.data.buffer);
    expect([...(first.outputs['y']?.data ?? [])]).toEqual([-2, -4, -6]);
    expect([...(second.outputs['y']?.data ?? [])]).toEqual([14, 16, 18]);
    expect(fourth.outputs['y']?.data.buffer).not.toBe(third.outputs['y']?.data.buffer);
    expect(third.outputs['y']).toMatchObject({ type: 'float32', dims: [1, 3] });
  });

  it.each([
    ['one item', [1, 3]],
    ['more items than come', [64, 3]],
    ['other axes', ['n', 3]],
  ])('answers whatever the batch, where the file declares an output for %s', async (_, dims) => {
    const declared = onnxModel({
      inputs: [{ name: 'x', dims: ['n', 3] }],
      outputs: [{ name: 'y', dims: [...dims] }],
      nodes: [{ op: 'Neg', inputs: ['x'], outputs: ['y'] }],
    });
    await using runtime = await createInferenceRuntime({ threads: 2, intraOpThreads: 1 });
    const model = await runtime.loadModel(await write('declared.onnx', declared));
    expect(model.info.outputs[0]?.dims).toEqual(dims);
    for (const options of [reuse, {}]) {
      const runs = [1, 4, 16, 4, 1, 16, 16, 16].map(async (count) => {
        const values = Array.from({ length: 3 * count }, (_, at) => at + 1);
        const { outputs, release } = await model.run({ x: rows(...values) }, options);
        expect(outputs['y']?.dims).toEqual([count, 3]);
        expect([...(outputs['y']?.data ?? [])]).toEqual(values.map((value) => -value));
        release?.();
      });
      await Promise.all(runs);
    }
  });

  it('has room for each shape of its feeds', async () => {
    await using runtime = await createInferenceRuntime({ intraOpThreads: 1 });
    const model = await runtime.loadModel(await write('doubling.onnx', doubling));
    for (let round = 0; round < 3; round += 1) {
      for (const count of [1, 3, 2]) {
        const values = Array.from({ length: 3 * count }, (_, at) => at + round);
        const { outputs, release } = await model.run({ x: rows(...values) }, reuse);
        expect(outputs['y']?.dims).toEqual([count, 3]);
        expect([...(outputs['y']?.data ?? [])]).toEqual(values.map((value) => 2 * value));
        release?.();
      }
    }
  });

  it('gives the same as one without, to the bit, for every output and for those that are asked for', async () => {
    const path = fileURLToPath(new URL('../../../tools/demo-models/models/demo-yunet.onnx', import.meta.url));
    await using runtime = await createInferenceRuntime({ threads: 1 });
    const model = await runtime.loadModel(path);
    const [input] = model.info.inputs;
    for (const fetches of [undefined, ['kps_8', 'cls_16']]) {
      for (let seed = 1; seed < 4; seed += 1) {
        const data = Float32Array.from({ length: 3 * 320 * 320 }, (_, at) => (at * seed) % 251);
        const feeds = (): Record<string, TensorData> => ({
          [input?.name ?? '']: { type: 'float32', data: data.slice(), dims: [1, 3, 320, 320] },
        });
        const plain = await model.run(feeds(), { fetches });
        const { outputs, release } = await model.run(feeds(), { fetches, ...reuse });
        expect(Object.keys(outputs).toSorted()).toEqual(Object.keys(plain.outputs).toSorted());
        for (const [name, { data: found, dims }] of Object.entries(outputs)) {
          expect(dims).toEqual(plain.outputs[name]?.dims);
          expect(
            Buffer.from(found as Float32Array).equals(Buffer.from(plain.outputs[name]?.data as Float32Array)),
          ).toBe(true);
        }
        release?.();
      }
    }
  });

  it('is right where the answer is not as long as the last one', async () => {
    await using runtime = await createInferenceRuntime({ intraOpThreads: 1 });
    const model = await runtime.loadModel(await write('picky.onnx', picky));
    for (const values of [
      [1, 0, 2],
      [0, 3, 4],
      [5, 6, 7],
      [0, 0, 8],
      [9, 0, 1],
    ]) {
      const { outputs, release } = await model.run({ x: numbers(...values) }, reuse);
      expect([...(outputs['y']?.data ?? [])]).toEqual(values.filter((value) => value !== 0));
      release?.();
    }
  });

  it('leaves half floats that are to come as float32 to the conversion', async () => {
    await using runtime = await createInferenceRuntime({ intraOpThreads: 1 });
    const model = await runtime.loadModel(await write('half.onnx', half));
    for (let round = 0; round < 3; round += 1) {
      const x: TensorData = { type: 'float16', data: Uint16Array.of(0x3c00, 0, 0, 0), dims: [2, 2] };
      const { outputs } = await model.run({ x }, { floatOutputs: true, ...reuse });
      expect(outputs['z']?.data).toEqual(Float32Array.of(-1, -0, -0, -0));
    }
  });

  it('keeps half floats where they come as they are', async () => {
    await using runtime = await createInferenceRuntime({ intraOpThreads: 1 });
    const model = await runtime.loadModel(await write('half.onnx', half));
    for (let round = 0; round < 3; round += 1) {
      const x: TensorData = { type: 'float16', data: Uint16Array.of(0x3c00, 0, 0, round), dims: [2, 2] };
      const { outputs, release } = await model.run({ x }, reuse);
      expect([...(outputs['y']?.data ?? [])].map(Number)).toEqual([0x3c00, 0, 0, round]);
      release?.();
    }
  });

  it('does not take back what a run that was aborted may still write', async () => {
    await using runtime = await createInferenceRuntime({ intraOpThreads: 1 });
    const model = await runtime.loadModel(await write('doubling.onnx', doubling));
    const known = await model.run({ x: rows(1, 2, 3) }, reuse);
    known.release?.();
    const abort = new AbortController();
    const aborted = model.run({ x: rows(100, 100, 100) }, { signal: abort.signal, ...reuse });
    abort.abort();
    await expect(aborted).rejects.toThrow();
    const after = await model.run({ x: rows(4, 5, 6) }, reuse);
    expect([...(after.outputs['y']?.data ?? [])]).toEqual([8, 10, 12]);
  });
});
