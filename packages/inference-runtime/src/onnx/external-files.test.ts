import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, open, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OnnxModel, onnxModel } from '@trinetra/test-support';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { referencingEpContext } from '../engine/ep-context.ts';
import { createInferenceRuntime } from '../inference-runtime.ts';
import type { TensorData } from '../types.ts';
import { describeOnnxFile, readOnnxFile } from './read-onnx-file.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-external-'));
});
afterEach(() => rm(folder, { recursive: true }));

type External = Parameters<typeof part>[0];

function part(external: Partial<Record<'location' | 'offset' | 'length', string>>) {
  return { dims: [1], data: Float32Array.of(2), external: external as Record<keyof typeof external, string> };
}

const ends: Pick<OnnxModel, 'inputs' | 'outputs'> = {
  inputs: [{ name: 'x', dims: ['n'] }],
  outputs: [{ name: 'y', dims: ['n'] }],
};

function initializer(external: External): Buffer {
  const nodes = [{ op: 'Mul', inputs: ['x', 'w'], outputs: ['y'] }];
  return onnxModel({ ...ends, nodes, constants: { w: part(external) } });
}

function constantNode(external: External): Buffer {
  const constant = { op: 'Constant', outputs: ['w'], attributes: { value: part(external) } };
  return onnxModel({ ...ends, nodes: [constant, { op: 'Mul', inputs: ['x', 'w'], outputs: ['y'] }] });
}

function branches(external: External): Buffer {
  const branch: OnnxModel = {
    inputs: [],
    outputs: [{ name: 'b', dims: [1] }],
    nodes: [{ op: 'Identity', inputs: ['w'], outputs: ['b'] }],
    constants: { w: part(external) },
  };
  const nodes = [
    { op: 'If', inputs: ['c'], outputs: ['i'], attributes: { then_branch: branch, else_branch: branch } },
    { op: 'Mul', inputs: ['x', 'i'], outputs: ['y'] },
  ];
  return onnxModel({ ...ends, nodes });
}

const weights = (value: number): Buffer => Buffer.from(Float32Array.of(0, value).buffer);
const here = { location: 'm.onnx.data', offset: '4', length: '4' };

async function model(bytes: Uint8Array, files: Readonly<Record<string, Uint8Array>> = {}): Promise<string> {
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  await writeFile(join(folder, 'm.onnx'), bytes);
  return join(folder, 'm.onnx');
}

describe('the hash of a model whose weights lie in another file', () => {
  it.each([
    ['an initializer', initializer],
    ['a constant', constantNode],
    ['the branches of an If', branches],
  ])('changes with the weights of %s', async (_, make) => {
    const first = await readOnnxFile(await model(make(here), { 'm.onnx.data': weights(1) }));
    const second = await readOnnxFile(await model(make(here), { 'm.onnx.data': weights(2) }));
    expect(first.sha256).not.toBe(second.sha256);
    expect(await readOnnxFile(await model(make(here), { 'm.onnx.data': weights(1) }))).toEqual(first);
    expect(first.externalFiles).toEqual([
      { location: 'm.onnx.data', bytes: 8, sha256: createHash('sha256').update(weights(1)).digest('hex') },
    ]);
  });

  it('is made of a line for each file, in the order of their names', async () => {
    const constants = { w: part({ location: 'z' }), v: part({ location: 'a' }) };
    const nodes = [{ op: 'Sum', inputs: ['x', 'w', 'v'], outputs: ['y'] }];
    const bytes = onnxModel({ ...ends, nodes, constants });
    const { sha256 } = await readOnnxFile(await model(bytes, { z: weights(1), a: weights(2) }));
    const hash = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');
    expect(sha256).toBe(hash(`${hash(bytes)}\n${hash(weights(2))}  a\n${hash(weights(1))}  z\n`));
  });

  it('covers an engine that the model names', async () => {
    const tensor = (name: string) => ({ name, type: 'float32', dims: ['n'] });
    const bytes = referencingEpContext({ inputs: [tensor('x')], outputs: [tensor('y')] }, 'm.plan');
    const first = await readOnnxFile(await model(bytes, { 'm.plan': weights(1) }));
    const second = await readOnnxFile(await model(bytes, { 'm.plan': weights(2) }));
    expect(first.sha256).not.toBe(second.sha256);
  });

  it('follows links, as caches of downloads keep them', async () => {
    await mkdir(join(folder, 'blobs'));
    await writeFile(join(folder, 'blobs/3f'), weights(1));
    await symlink('blobs/3f', join(folder, 'm.onnx.data'));
    const linked = await readOnnxFile(await model(initializer(here)));
    await rm(join(folder, 'm.onnx.data'));
    expect(await readOnnxFile(await model(initializer(here), { 'm.onnx.data': weights(1) }))).toEqual(linked);
  });
});

describe('a file of weights', () => {
  it.each([
    ['/etc/passwd'],
    ['../other/m.onnx.data'],
    ['x/../../m.onnx.data'],
    ['..'],
    ['C:\\models\\m.data'],
    [''],
  ])('named %j is refused: it is outside', async (location) => {
    await expect(readOnnxFile(await model(initializer({ location })))).rejects.toMatchObject({
      code: 'model_unusable',
      message: expect.stringContaining(
        `it names ${JSON.stringify(location)} as the file of its weights, which is`,
      ),
    });
  });

  it.each<[string, External, Uint8Array | null, string, RegExp]>([
    [
      'missing',
      here,
      null,
      'model_not_found',
      /"m\.onnx\.data" with its weights is missing: copy that file beside/,
    ],
    [
      'cut',
      here,
      weights(1).subarray(0, 7),
      'model_unusable',
      /is cut: it has 7 of at least 8 bytes: copy or/,
    ],
    [
      'a pointer',
      { location: 'm.onnx.data', offset: '0', length: '999' },
      Buffer.from('version https://git-lfs.github.com/spec/v1\n'),
      'model_unusable',
      /with its weights: it is a Git LFS pointer: run/,
    ],
    [
      'told wrong',
      { ...here, offset: '-4' },
      weights(1),
      'model_unusable',
      /does not tell where its weights are/,
    ],
  ])('that is %s is told', async (_, external, bytes, code, message) => {
    const files = bytes === null ? {} : { 'm.onnx.data': bytes };
    const path = await model(initializer(external), files);
    await expect(readOnnxFile(path)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await expect(readOnnxFile(path)).rejects.toThrow(`the model ${path} cannot be read: `);
  });

  it('is not needed to tell what the model takes', async () => {
    expect(await describeOnnxFile(await model(initializer(here)))).toMatchObject({ inputs: [{ name: 'x' }] });
  });

  it('of 256 MiB is hashed in parts', async () => {
    const path = await model(initializer(here), { 'm.onnx.data': weights(1) });
    const file = await open(join(folder, 'm.onnx.data'), 'r+');
    await file.truncate(2 ** 28);
    await file.close();
    const before = process.memoryUsage().arrayBuffers;
    expect((await readOnnxFile(path)).externalFiles).toMatchObject([{ bytes: 2 ** 28 }]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26);
  });
});

it.each<[where: string, put: (value: ReturnType<typeof part>) => Pick<OnnxModel, 'nodes' | 'constants'>]>([
  ['an initialiser', (value) => ({ nodes: [], constants: { w: value } })],
  [
    'a constant in the graph',
    (value) => ({ nodes: [{ op: 'Constant', outputs: ['w'], attributes: { value } }], constants: {} }),
  ],
])('a model takes bytes with the weights of %s in another file', async (_, put) => {
  const { nodes, constants = {} } = put(part(here));
  const bytes = onnxModel({
    inputs: [{ name: 'x', dims: [1, 3, 2, 2] }],
    outputs: [{ name: 'y', dims: [1, 3, 2, 2] }],
    nodes: [...nodes, { op: 'Mul', inputs: ['x', 'w'], outputs: ['y'] }],
    constants,
  });
  const path = await model(bytes, { 'm.onnx.data': weights(7) });
  await using runtime = await createInferenceRuntime({ intraOpThreads: 1 });
  const loaded = await runtime.loadModel(path, { byteInput: { divisor: 5 } });
  expect(loaded.info.byteInput).toEqual({ divisor: 5 });
  const feed: TensorData = { type: 'uint8', data: new Uint8Array(12).fill(10), dims: [1, 2, 2, 3] };
  const { outputs } = await loaded.run({ [loaded.info.inputs[0]?.name ?? '']: feed });
  expect(outputs['y']?.data).toEqual(new Float32Array(12).fill(14));
});
