import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInferenceRuntime, type InferenceRuntime } from '@trinetra/inference-runtime';
import { type OnnxModel, onnxModel } from '@trinetra/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createEmbedder,
  createProvenEmbedder,
  type EmbedderOptions,
  embedderByteInput,
} from '../src/index.ts';
import { sampleFaces } from '../src/sample-faces.ts';

let folder = '';
let runtime: InferenceRuntime;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-proven-'));
  runtime = await createInferenceRuntime({ intraOpThreads: 1 });
});
afterAll(async () => {
  await runtime.close();
  await rm(folder, { recursive: true });
});

const demo = fileURLToPath(new URL('../../../tools/demo-models/models/demo-arcface.onnx', import.meta.url));

/** For graphs that do not tell. */
const pixels = { order: 'rgb', mean: 127.5, divisor: 127.5 } as const;

async function prove(path: string, options: Omit<EmbedderOptions, 'model'> = {}) {
  await using model = await runtime.loadModel(path);
  const { proof, embedder } = await createProvenEmbedder({ model, ...options });
  return { ...proof, facesPerRun: embedder.facesPerRun };
}

/** A random projection of the pixels, after `nodes` that make `mixed` of `x`. */
async function projecting(
  name: string,
  nodes: OnnxModel['nodes'],
  constants: OnnxModel['constants'] = {},
  before: OnnxModel['nodes'] = [],
): Promise<string> {
  const path = join(folder, name);
  const weights = Float32Array.from({ length: 48 * 512 }, (_, at) => Math.sin(at * 12.9898) % 0.1);
  await writeFile(
    path,
    onnxModel({
      inputs: [{ name: 'x', dims: ['n', 3, 112, 112] }],
      outputs: [{ name: 'y', dims: ['n', 512] }],
      nodes: [
        ...before,
        {
          op: 'AveragePool',
          inputs: [before.length === 0 ? 'x' : 'seen'],
          outputs: ['small'],
          attributes: { kernel_shape: [28, 28], strides: [28, 28] },
        },
        { op: 'Flatten', inputs: ['small'], outputs: ['flat'] },
        ...nodes,
        { op: 'MatMul', inputs: ['mixed', 'weights'], outputs: ['y'] },
      ],
      constants: { weights: { dims: [48, 512], data: weights }, ...constants },
    }),
  );
  return path;
}

describe('an embedder is proven', () => {
  it('where it tells two drawn people apart, as the demo model does', async () => {
    const proof = await prove(demo);
    expect(proof).toMatchObject({ problem: '', oneByOne: false, facesPerRun: 16 });
    expect(proof.same).toBeGreaterThan(0.85);
    expect(proof.other).toBeLessThan(0.3);
    expect(proof.alone).toBeGreaterThan(0.9999);
  });

  it('and is not where its pixels are of another range', async () => {
    const { problem } = await prove(demo, { pixels: { order: 'rgb', mean: 127.5, divisor: 20_000 } });
    expect(problem).toMatch(
      /^it does not tell two persons apart \(cosine [01]\.\d+, and [01]\.\d+ for one person\) with pixels as 'rgb 127.5 20000' \(it was set so\)$/,
    );
  });

  it('with one face a run where the others of a run change what a face gives', async () => {
    // Scaled by the largest value of the whole run and rounded, as dynamic quantisation does.
    const path = await projecting(
      'dynamic.onnx',
      [
        { op: 'DynamicQuantizeLinear', inputs: ['flat'], outputs: ['q', 'scale', 'zero'] },
        { op: 'DequantizeLinear', inputs: ['q', 'scale', 'zero'], outputs: ['rough'] },
        { op: 'Pow', inputs: ['rough', 'ten'], outputs: ['power'] },
        { op: 'ReduceMax', inputs: ['power'], outputs: ['most'], attributes: { keepdims: 0 } },
        { op: 'Sub', inputs: ['rough', 'most'], outputs: ['mixed'] },
      ],
      { ten: { dims: [], data: Float32Array.of(2) } },
    );
    expect(await prove(path, { pixels })).toMatchObject({ oneByOne: true, facesPerRun: 1 });
  });

  it('with one face a run where it fails with several', async () => {
    const path = await projecting(
      'fixed-inside.onnx',
      [
        { op: 'Cast', inputs: ['shape'], outputs: ['shape64'], attributes: { to: 7 } },
        { op: 'Reshape', inputs: ['flat', 'shape64'], outputs: ['mixed'] },
      ],
      { shape: { dims: [2], data: Float32Array.of(1, 48) } },
    );
    const proof = await prove(path);
    expect(proof).toMatchObject({ oneByOne: true, facesPerRun: 1 });
    expect(proof.alone).toBeNaN();
  });

  it('never where it gives no embedding at all', async () => {
    const path = await projecting('zero.onnx', [{ op: 'Sub', inputs: ['flat', 'flat'], outputs: ['mixed'] }]);
    await expect(prove(path, { pixels })).rejects.toMatchObject({
      code: 'model_mismatch',
      message: `embedder model ${path}: it gives no embeddings: zero`,
    });
  });
});

const scalar = (value: number) => ({ dims: [], data: Float32Array.of(value) });
const three = (value: number) => ({ dims: [3], data: new Float32Array(3).fill(value) });
const flatten: OnnxModel['nodes'] = [{ op: 'Identity', inputs: ['flat'], outputs: ['mixed'] }];

describe('a network gives the same embeddings', () => {
  it.each<[name: string, before: OnnxModel['nodes'], constants: OnnxModel['constants']]>([
    [
      'with a factor and an offset before it',
      [
        { op: 'Mul', inputs: ['x', 'a'], outputs: ['s'] },
        { op: 'Add', inputs: ['s', 'b'], outputs: ['seen'] },
      ],
      { a: scalar(1 / 127.5), b: scalar(-1) },
    ],
    [
      'with an offset and a factor before it',
      [
        { op: 'Add', inputs: ['x', 'b'], outputs: ['s'] },
        { op: 'Mul', inputs: ['s', 'a'], outputs: ['seen'] },
      ],
      { a: scalar(1 / 127.5), b: scalar(-127.5) },
    ],
    [
      'with a normalisation of batches before it',
      [{ op: 'BatchNormalization', inputs: ['x', 'g', 'b', 'm', 'v'], outputs: ['seen'] }],
      { g: three(1 / 127.5), b: three(0), m: three(127.5), v: three(1 - 1e-5) },
    ],
    [
      'where it takes 0..1',
      [
        { op: 'Sub', inputs: ['x', 'a'], outputs: ['s'] },
        { op: 'Div', inputs: ['s', 'a'], outputs: ['seen'] },
      ],
      { a: scalar(0.5) },
    ],
    [
      'with its picture reshaped before it',
      [
        { op: 'Flatten', inputs: ['x'], outputs: ['row'] },
        { op: 'Cast', inputs: ['shape'], outputs: ['shape64'], attributes: { to: 7 } },
        { op: 'Reshape', inputs: ['row', 'shape64'], outputs: ['seen'] },
      ],
      { shape: { dims: [4], data: Float32Array.of(-1, 3, 112, 112) } },
    ],
  ])('%s', async (name, before, constants) => {
    const paths = [
      await projecting('plain.onnx', flatten),
      await projecting(`${name}.onnx`, flatten, constants, before),
    ];
    const given = await Promise.all(
      paths.map(async (path) => {
        const model = await runtime.loadModel(path, { byteInput: embedderByteInput });
        const results = await createEmbedder({ model }).embed(sampleFaces());
        await model.close();
        return results.map((result) => (result.ok ? result.value : new Float32Array(512)));
      }),
    );
    for (const [at, expected] of given[0]?.entries() ?? []) {
      const found = given[1]?.[at] ?? new Float32Array();
      const cosine = expected.reduce((sum, value, index) => sum + value * (found[index] ?? 0), 0);
      expect(cosine).toBeGreaterThan(0.9999);
    }
  });
});
