import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxModel } from '@trinetra/test-support';
import { afterAll, beforeAll } from 'vitest';
import type { TensorData } from '../src/index.ts';

function multiplying(factor: number): Buffer {
  return onnxModel({
    inputs: [{ name: 'x', dims: ['n', 3] }],
    outputs: [{ name: 'y', dims: ['n', 3] }],
    nodes: [{ op: 'Mul', inputs: ['x', 'factor'], outputs: ['y'] }],
    constants: { factor: { dims: [1], data: Float32Array.of(factor) } },
    metadata: { names: "{0: 'person'}", stride: '32' },
  });
}

/** `y = x * 2` for `[n, 3]`, with metadata. */
export const doubling: Buffer = multiplying(2);
/** As {@link doubling}, with another weight. */
export const tripling: Buffer = multiplying(3);

/** As {@link doubling}, with its weight as the 4 bytes of `weight.data` beside it. */
export const multiplyingByData: Buffer = onnxModel({
  inputs: [{ name: 'x', dims: ['n', 3] }],
  outputs: [{ name: 'y', dims: ['n', 3] }],
  nodes: [{ op: 'Mul', inputs: ['x', 'factor'], outputs: ['y'] }],
  constants: {
    factor: {
      dims: [1],
      data: Float32Array.of(),
      external: { location: 'weight.data', offset: '0', length: '4' },
    },
  },
});

/** `y = -x` for any length. */
export const negation: Buffer = onnxModel({
  inputs: [{ name: 'x', dims: ['n'] }],
  outputs: [{ name: 'y', dims: ['n'] }],
  nodes: [{ op: 'Neg', inputs: ['x'], outputs: ['y'] }],
});

/** `y = x` and `z = -x` for float16 `[2, 2]`. */
export const half: Buffer = onnxModel({
  inputs: [{ name: 'x', dims: [2, 2], type: 'float16' }],
  outputs: [
    { name: 'y', dims: [2, 2], type: 'float16' },
    { name: 'z', dims: [2, 2], type: 'float16' },
  ],
  nodes: [
    { op: 'Identity', inputs: ['x'], outputs: ['y'] },
    { op: 'Neg', inputs: ['x'], outputs: ['z'] },
  ],
});

/** Multiplies `x` `[512, 512]` by itself `times` times: work that takes a while. */
export function heavy(times: number): Buffer {
  const name = (step: number): string => (step === 0 ? 'x' : step === times ? 'y' : `s${step}`);
  return onnxModel({
    inputs: [{ name: 'x', dims: [512, 512] }],
    outputs: [{ name: 'y', dims: [512, 512] }],
    nodes: Array.from({ length: times }, (_, step) => ({
      op: 'MatMul',
      inputs: [name(step), 'x'],
      outputs: [name(step + 1)],
    })),
  });
}

/** A folder of models for a test file; the function writes one and returns its path. */
export function useModels(): (name: string, bytes: Buffer) => Promise<string> {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trinetra-models-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  return async (name, bytes) => {
    const path = join(folder, name);
    await writeFile(path, bytes);
    return path;
  };
}

export function rows(...values: readonly number[]): TensorData {
  return { type: 'float32', data: Float32Array.from(values), dims: [values.length / 3, 3] };
}

/**
 * `y = x * 2` for `[n, 3]`, which asks for 40 terabytes where `n` is above `capacity`: ONNX Runtime itself says that
 * memory ran out.
 */
export function greedy(capacity: number): Buffer {
  const scalar = (value: number) => ({ dims: [1], data: Float32Array.of(value) });
  return onnxModel({
    inputs: [{ name: 'x', dims: ['n', 3] }],
    outputs: [{ name: 'y', dims: ['n', 3] }],
    nodes: [
      { op: 'Shape', inputs: ['x'], outputs: ['n'], attributes: { end: 1 } },
      { op: 'Cast', inputs: ['n'], outputs: ['count'], attributes: { to: 1 } },
      { op: 'Sub', inputs: ['count', 'capacity'], outputs: ['over'] },
      { op: 'Greater', inputs: ['over', 'zero'], outputs: ['tooMany'] },
      { op: 'Where', inputs: ['tooMany', 'huge', 'one'], outputs: ['length'] },
      { op: 'Cast', inputs: ['length'], outputs: ['shape'], attributes: { to: 7 } },
      { op: 'ConstantOfShape', inputs: ['shape'], outputs: ['zeros'] },
      { op: 'ReduceSum', inputs: ['zeros'], outputs: ['sum'], attributes: { keepdims: 0 } },
      { op: 'Mul', inputs: ['x', 'two'], outputs: ['doubled'] },
      { op: 'Add', inputs: ['doubled', 'sum'], outputs: ['y'] },
    ],
    constants: {
      capacity: scalar(capacity),
      zero: scalar(0),
      one: scalar(1),
      two: scalar(2),
      huge: scalar(1e13),
    },
  });
}
