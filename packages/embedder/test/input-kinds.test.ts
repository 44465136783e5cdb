import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInferenceRuntime } from '@trinetra/inference-runtime';
import { noise, onnxModel } from '@trinetra/test-support';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createEmbedder } from '../src/embedder.ts';
import { embedderByteInput } from '../src/index.ts';
import { faceOf } from './fake-model.ts';

interface Kind {
  readonly type: 'float32' | 'float16' | 'uint8';
  readonly layout: 'nchw' | 'nhwc';
  readonly batch: number | 'n';
  readonly output: 'float32' | 'float16';
}

const onnxNumber = { float32: 1, float16: 10 } as const;
const weights = Float32Array.from({ length: 3 * 512 }, (_, index) => Math.sin(index + 1));
const scalar = (value: number) => ({ dims: [1], data: Float32Array.of(value) });

/** The mean colour of a face times `weights`, over (x - 127.5) / 127.5, which a model of bytes has in its graph. */
function model({ type, layout, batch, output }: Kind): Buffer {
  const [axes, dims] =
    layout === 'nchw'
      ? [
          [2, 3],
          [batch, 3, 112, 112],
        ]
      : [
          [1, 2],
          [batch, 112, 112, 3],
        ];
  const scaled = type === 'uint8';
  return onnxModel({
    inputs: [{ name: 'data', dims, type }],
    outputs: [{ name: 'fc1', dims: [batch, 512], type: output }],
    nodes: [
      { op: 'Cast', inputs: ['data'], outputs: ['float'], attributes: { to: onnxNumber.float32 } },
      { op: 'ReduceMean', inputs: ['float'], outputs: ['mean'], attributes: { axes, keepdims: 0 } },
      { op: 'Sub', inputs: ['mean', scaled ? 'middle' : 'zero'], outputs: ['shifted'] },
      { op: 'Mul', inputs: ['shifted', scaled ? 'factor' : 'one'], outputs: ['centred'] },
      { op: 'MatMul', inputs: ['centred', 'weights'], outputs: ['full'] },
      { op: 'Cast', inputs: ['full'], outputs: ['fc1'], attributes: { to: onnxNumber[output] } },
    ],
    constants: {
      weights: { dims: [3, 512], data: weights },
      middle: scalar(127.5),
      factor: scalar(1 / 127.5),
      zero: scalar(0),
      one: scalar(1),
    },
  });
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-kinds-'));
});
afterAll(() => rm(folder, { recursive: true }));

const faces = [
  faceOf(255, 10, 40),
  faceOf(3, 200, 77),
  faceOf(128, 127, 250),
  faceOf(90, 90, 0),
  faceOf(1, 2, 3),
];

/** The embedding of a colour, as the reference has it. */
function expected(face: Uint8Array): Float32Array {
  const colour = [0, 1, 2].map((channel) => ((face[channel] ?? 0) - 127.5) / 127.5);
  return Float32Array.from({ length: 512 }, (_, index) =>
    colour.reduce((sum, value, channel) => sum + value * (weights[channel * 512 + index] ?? 0), 0),
  );
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
}

const kinds: Kind[] = (['float32', 'float16', 'uint8'] as const).flatMap((type) =>
  (['nchw', 'nhwc'] as const).flatMap((layout) => [
    { type, layout, batch: 'n' as const, output: 'float32' as const },
    { type, layout, batch: 4, output: 'float16' as const },
  ]),
);

it.each(kinds)('embeds with a model of $type $layout, batch $batch, that gives $output', async (kind) => {
  const path = join(folder, `${Object.values(kind).join('-')}.onnx`);
  await writeFile(path, model(kind));
  await using runtime = await createInferenceRuntime({ intraOpThreads: 1 });
  const embedder = createEmbedder({ model: await runtime.loadModel(path) });
  const results = await embedder.embed(faces);
  expect(results).toHaveLength(faces.length);
  for (const [index, result] of results.entries()) {
    if (!result.ok) throw new Error(result.message);
    expect(cosine(result.value, expected(faces[index] ?? new Uint8Array()))).toBeGreaterThan(0.9999);
  }
});

it('embeds faces of bytes as it does faces of floats, to the bit and in the same space', async () => {
  const path = fileURLToPath(new URL('../../../tools/demo-models/models/demo-arcface.onnx', import.meta.url));
  await using runtime = await createInferenceRuntime({ intraOpThreads: 1 });
  const [floats, bytes] = [
    createEmbedder({ model: await runtime.loadModel(path) }),
    createEmbedder({ model: await runtime.loadModel(path, { byteInput: embedderByteInput }) }),
  ];
  const noisy = Array.from({ length: 20 }, (_, at) => noise(112, 112, at + 1));
  const results = await floats.embed(noisy);
  expect(results.every(({ ok }) => ok)).toBe(true);
  expect(await bytes.embed(noisy)).toEqual(results);
  expect(bytes.embeddingSpace).toBe(floats.embeddingSpace);
});
