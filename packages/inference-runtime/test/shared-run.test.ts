import { type OnnxNode, onnxModel } from '@trinetra/test-support';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { agreeInSharedRuns, createInferenceRuntime, type InferenceRuntime } from '../src/index.ts';
import { useModels } from './models.ts';

const write = useModels();
let runtime: InferenceRuntime;
beforeAll(async () => {
  runtime = await createInferenceRuntime({ intraOpThreads: 1 });
});
afterAll(() => runtime.close());

/** Pools 16x16 pictures to 12 numbers each, `p`, and goes on with `nodes` to `y`. */
async function agreementOf(nodes: readonly OnnxNode[], name: string) {
  const attributes = { kernel_shape: [8, 8], strides: [8, 8] };
  const model = onnxModel({
    inputs: [{ name: 'x', dims: ['n', 3, 16, 16] }],
    outputs: [{ name: 'y', dims: ['n', 12] }],
    nodes: [
      { op: 'AveragePool', inputs: ['x'], outputs: ['pooled'], attributes },
      { op: 'Flatten', inputs: ['pooled'], outputs: ['p'] },
      ...nodes,
    ],
    constants: {
      one: { dims: [2], data: Float32Array.of(1, 12) },
      flat: { dims: [2], data: Float32Array.of(1, -1) },
      first: { dims: [1], data: Float32Array.of(0) },
    },
  });
  await using loaded = await runtime.loadModel(await write(`${name}.onnx`, model));
  return await agreeInSharedRuns(loaded, { range: [0, 1], items: 4 });
}

const whole = (name: string): OnnxNode => ({
  op: 'Cast',
  inputs: [name],
  outputs: [`${name}64`],
  attributes: { to: 7 },
});

it.each<[name: string, nodes: OnnxNode[]]>([
  ['an answer for each picture', [{ op: 'Neg', inputs: ['p'], outputs: ['y'] }]],
  ['answers in a row', [whole('flat'), { op: 'Reshape', inputs: ['p', 'flat64'], outputs: ['y'] }]],
])('%s stands whatever shares the run', async (name, nodes) => {
  expect(await agreementOf(nodes, name)).toMatchObject({ ok: true, cosine: expect.closeTo(1, 5) });
});

it.each<[name: string, nodes: OnnxNode[], problem: RegExp]>([
  [
    'a batch that the graph fixes',
    [whole('one'), { op: 'Reshape', inputs: ['p', 'one64'], outputs: ['y'] }],
    /Reshape/,
  ],
  [
    'the first picture alone',
    [
      whole('first'),
      { op: 'Gather', inputs: ['p', 'first64'], outputs: ['g'], attributes: { axis: 0 } },
      { op: 'Sub', inputs: ['p', 'p'], outputs: ['zero'] },
      { op: 'Add', inputs: ['zero', 'g'], outputs: ['y'] },
    ],
    /y: cosine 0\./,
  ],
  [
    'all pictures together',
    [
      { op: 'ReduceMean', inputs: ['p'], outputs: ['mean'], attributes: { axes: [0], keepdims: 1 } },
      { op: 'Sub', inputs: ['p', 'mean'], outputs: ['y'] },
    ],
    /y: cosine /,
  ],
  [
    'fewer answers than pictures',
    [{ op: 'ReduceMean', inputs: ['p'], outputs: ['y'], attributes: { axes: [0, 1], keepdims: 1 } }],
    /the outputs do not hold 4 answers/,
  ],
])('%s does not stand', async (name, nodes, problem) => {
  const agreement = await agreementOf(nodes, name);
  expect(agreement.ok).toBe(false);
  expect(agreement.problem).toMatch(problem);
});
