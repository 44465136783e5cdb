import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Xyxy } from '@trinetra/contracts';
import { createInferenceRuntime, type InferenceRuntime } from '@trinetra/inference-runtime';
import { noise, type OnnxNode, onnxModel } from '@trinetra/test-support';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createFaceAligner, faceByteInput } from '../src/index.ts';
import { alignOne } from './align-one.ts';

let folder = '';
let pool: InferenceRuntime;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trinetra-declared-'));
  pool = await createInferenceRuntime({ threads: 2, intraOpThreads: 1 });
});
afterAll(async () => {
  await pool.close();
  await rm(folder, { recursive: true });
});

const outputs = [8, 16, 32].flatMap((stride) =>
  [
    { kind: 'score', length: 1 },
    { kind: 'bbox', length: 4 },
    { kind: 'kps', length: 10 },
  ].map((one) => ({ ...one, stride, name: `${one.kind}_${stride}` })),
);

/** Laid out as InsightFace's SCRFD is: open sides, one crop, rows of two anchors a cell. The rows are those of the crop, whatever is declared. */
function scrfd(rowsOf: (stride: number) => number | string): Buffer {
  const nodes = outputs.flatMap(({ kind, length, stride, name }): OnnxNode[] => [
    {
      op: 'AveragePool',
      inputs: ['x'],
      outputs: [`pooled_${name}`],
      attributes: { kernel_shape: [stride, stride], strides: [stride, stride] },
    },
    { op: 'Conv', inputs: [`pooled_${name}`, `weights_${length}`], outputs: [`cells_${name}`] },
    {
      op: kind === 'score' ? 'Sigmoid' : 'Abs',
      inputs: [`cells_${name}`],
      outputs: [`sane_${name}`],
    },
    {
      op: 'Transpose',
      inputs: [`sane_${name}`],
      outputs: [`last_${name}`],
      attributes: { perm: [0, 2, 3, 1] },
    },
    { op: 'Cast', inputs: [`shape_${length}`], outputs: [`shape64_${name}`], attributes: { to: 7 } },
    { op: 'Reshape', inputs: [`last_${name}`, `shape64_${name}`], outputs: [name] },
  ]);
  const lengths = [1, 4, 10];
  return onnxModel({
    inputs: [{ name: 'x', dims: [1, 3, 'h', 'w'] }],
    outputs: outputs.map(({ name, length, stride }) => ({ name, dims: [rowsOf(stride), length] })),
    nodes,
    constants: Object.fromEntries(
      lengths.flatMap((length) => [
        [
          `weights_${length}`,
          {
            dims: [2 * length, 3, 1, 1],
            data: Float32Array.from({ length: 6 * length }, (_, at) => 3 * Math.sin(at + length)),
          },
        ],
        [`shape_${length}`, { dims: [2], data: Float32Array.of(-1, length) }],
      ]),
    ),
  });
}

async function facesOf(name: string, model: Buffer) {
  const path = join(folder, name);
  await writeFile(path, model);
  await using loaded = await pool.loadModel(path, { byteInput: faceByteInput });
  const aligner = createFaceAligner({ model: loaded });
  const image = { data: noise(640, 480, 3), width: 640, height: 480 };
  const persons: Xyxy[] = [
    [10, 20, 300, 400],
    [200, 0, 500, 470],
    [350, 100, 630, 460],
  ];
  const rounds = [];
  for (const some of [persons, persons.slice(1), persons, persons])
    rounds.push(await alignOne(aligner, image, some));
  return rounds;
}

it.each([
  ['of another size', (stride: number) => 2 * (640 / stride) ** 2],
  ['of one row', () => 1],
])('a SCRFD whose file declares the rows %s finds the same faces', async (_, rowsOf) => {
  const open = await facesOf(
    'open.onnx',
    scrfd(() => 'rows'),
  );
  expect(open.flat().filter(({ ok }) => ok).length).toBeGreaterThan(6);
  expect(await facesOf('declared.onnx', scrfd(rowsOf))).toEqual(open);
});
