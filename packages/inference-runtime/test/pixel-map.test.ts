import { type OnnxNode, onnxModel } from '@trinetra/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createInferenceRuntime,
  type InferenceRuntime,
  type PixelMap,
  problemOfPixels,
} from '../src/index.ts';
import { useModels } from './models.ts';

const write = useModels();
let runtime: InferenceRuntime;
beforeAll(async () => {
  runtime = await createInferenceRuntime({ intraOpThreads: 1 });
});
afterAll(() => runtime.close());

const vector = (...data: readonly number[]) => ({ dims: [data.length], data: Float32Array.from(data) });
const scalar = (value: number) => ({ dims: [], data: Float32Array.of(value) });
const perChannel = (...data: readonly number[]) => ({ dims: [1, 3, 1, 1], data: Float32Array.from(data) });

/** Steps before a layer of 4 filters of 3x3; the last step gives `in`. */
function network(
  nodes: readonly OnnxNode[],
  constants: Readonly<Record<string, { dims: readonly number[]; data: Float32Array }>> = {},
  {
    type = 'float32',
    dims = ['n', 3, 16, 16],
  }: { type?: 'float32' | 'float16' | 'uint8'; dims?: readonly (number | string)[] } = {},
): Buffer {
  return onnxModel({
    inputs: [{ name: 'x', dims, type }],
    outputs: [{ name: 'y', dims: ['n', 4, 14, 14] }],
    nodes: [...nodes, { op: 'Conv', inputs: [nodes.length === 0 ? 'x' : 'in', 'filters'], outputs: ['y'] }],
    constants: { filters: { dims: [4, 3, 3, 3], data: new Float32Array(108).fill(0.1) }, ...constants },
  });
}

async function pixelsOf(model: Buffer, name = 'network.onnx'): Promise<PixelMap | null> {
  await using loaded = await runtime.loadModel(await write(name, model));
  return loaded.info.pixels;
}

const chain = (...steps: readonly (readonly [op: string, ...constants: string[]])[]): OnnxNode[] =>
  steps.map(([op, ...constants], at) => ({
    op,
    inputs: [at === 0 ? 'x' : `s${at}`, ...constants],
    outputs: [at === steps.length - 1 ? 'in' : `s${at + 1}`],
  }));

const levels = { scale: 1 / 127.5, offset: -1 };

describe('the pixels of a model', () => {
  it.each<[name: string, model: Buffer, steps: string[], scale: number, offset: number]>([
    ['nothing', network([]), [], 1, 0],
    [
      'a mean and a factor',
      network(chain(['Sub', 'm'], ['Mul', 's']), { m: scalar(127.5), s: scalar(1 / 127.5) }),
      ['Sub', 'Mul'],
      levels.scale,
      levels.offset,
    ],
    [
      'a factor and an offset',
      network(chain(['Mul', 's'], ['Add', 'm']), { s: scalar(1 / 127.5), m: scalar(-1) }),
      ['Mul', 'Add'],
      levels.scale,
      levels.offset,
    ],
    [
      'an offset and a factor',
      network(chain(['Add', 'm'], ['Mul', 's']), { m: scalar(-127.5), s: scalar(1 / 127.5) }),
      ['Add', 'Mul'],
      levels.scale,
      levels.offset,
    ],
    [
      'batch normalisation',
      network([{ op: 'BatchNormalization', inputs: ['x', 'g', 'b', 'mu', 'va'], outputs: ['in'] }], {
        g: vector(2, 2, 2),
        b: vector(1, 1, 1),
        mu: vector(0.5, 0.5, 0.5),
        va: vector(1 - 1e-5, 1 - 1e-5, 1 - 1e-5),
      }),
      ['BatchNormalization'],
      2,
      0,
    ],
    [
      'filters of one pixel',
      network([{ op: 'Conv', inputs: ['x', 'w', 'b'], outputs: ['in'] }], {
        w: { dims: [3, 3, 1, 1], data: Float32Array.of(2, 0, 0, 0, 2, 0, 0, 0, 2) },
        b: vector(-1, -1, -1),
      }),
      ['Conv'],
      2,
      -1,
    ],
    [
      'a constant that is computed',
      network([
        { op: 'Constant', outputs: ['c'], attributes: { value: scalar(63.75) } },
        { op: 'Add', inputs: ['c', 'c'], outputs: ['m'] },
        ...chain(['Sub', 'm'], ['Div', 'm']),
      ]),
      ['Sub', 'Div'],
      levels.scale,
      levels.offset,
    ],
    [
      'padding',
      network(
        [
          { op: 'Cast', inputs: ['pads32'], outputs: ['pads'], attributes: { to: 7 } },
          { op: 'Pad', inputs: ['x', 'pads'], outputs: ['p'] },
          { op: 'Mul', inputs: ['p', 's'], outputs: ['in'] },
        ],
        { pads32: { dims: [8], data: Float32Array.of(0, 0, 1, 1, 0, 0, 1, 1) }, s: scalar(0.5) },
      ),
      ['Pad', 'Mul'],
      0.5,
      0,
    ],
  ])('are read through %s', async (_, model, steps, scale, offset) => {
    const pixels = await pixelsOf(model);
    expect(pixels).toMatchObject({
      steps,
      swapsChannels: false,
      passes: { below0: true, above1: true },
      problem: '',
    });
    for (const channel of pixels?.channels ?? []) {
      expect(channel.scale).toBeCloseTo(scale, 5);
      expect(channel.offset).toBeCloseTo(offset, 5);
    }
    expect(pixels?.channels).toHaveLength(3);
  });

  it('differ by channel', async () => {
    const model = network(chain(['Sub', 'm'], ['Div', 's']), {
      m: perChannel(0.485, 0.456, 0.406),
      s: perChannel(0.229, 0.224, 0.225),
    });
    const { channels } = (await pixelsOf(model)) ?? {};
    expect(channels?.map(({ scale }) => 1 / scale)).toEqual(
      [0.229, 0.224, 0.225].map((value) => expect.closeTo(value, 4)),
    );
    expect(channels?.map(({ offset }) => offset)).toEqual(
      [-2.1179, -2.0357, -1.8044].map((value) => expect.closeTo(value, 3)),
    );
  });

  it('may come in the other order', async () => {
    const indices = { op: 'Cast', inputs: ['i'], outputs: ['order'], attributes: { to: 7 } };
    const swap = { op: 'Gather', inputs: ['x', 'order'], outputs: ['in'], attributes: { axis: 1 } };
    const pixels = await pixelsOf(network([indices, swap], { i: vector(2, 1, 0) }));
    expect(pixels).toMatchObject({ steps: ['Gather'], swapsChannels: true });
    expect(pixels?.channels?.[0]).toEqual({ scale: 1, offset: 0 });
  });

  it('of rows of pixels are no swap', async () => {
    const turn = { op: 'Transpose', inputs: ['x'], outputs: ['in'], attributes: { perm: [0, 3, 1, 2] } };
    const pixels = await pixelsOf(network([turn], {}, { dims: ['n', 16, 16, 3] }));
    expect(pixels).toMatchObject({ steps: ['Transpose'], swapsChannels: false, problem: '' });
  });

  it('may be clipped', async () => {
    const clip = (least: number, most: number) =>
      network(chain(['Clip', 'least', 'most']), { least: scalar(least), most: scalar(most) });
    expect((await pixelsOf(clip(0, 1)))?.passes).toEqual({ below0: false, above1: false });
    expect((await pixelsOf(clip(-1, 1)))?.passes).toEqual({ below0: true, above1: false });
    expect((await pixelsOf(clip(0, 255)))?.passes).toEqual({ below0: false, above1: true });
  });

  it.each<['float16' | 'uint8']>([['float16'], ['uint8']])('of %s are read too', async (type) => {
    const toFloat = { op: 'Cast', inputs: ['x'], outputs: ['f'], attributes: { to: 1 } };
    const scale = { op: 'Div', inputs: ['f', 's'], outputs: ['in'] };
    const pixels = await pixelsOf(network([toFloat, scale], { s: scalar(255) }, { type }));
    expect(pixels?.channels?.[1]).toEqual({ scale: expect.closeTo(1 / 255, 5), offset: 0 });
  });

  it.each<[problem: string, model: Buffer]>([
    [
      'they mix the channels',
      network([{ op: 'Conv', inputs: ['x', 'w'], outputs: ['in'] }], {
        w: { dims: [3, 3, 1, 1], data: Float32Array.of(0.3, 0.6, 0.1, -0.2, -0.3, 0.5, 0.5, -0.4, -0.1) },
      }),
    ],
    [
      'they give no finite numbers for pictures of one colour',
      network([
        { op: 'ReduceMean', inputs: ['x'], outputs: ['mean'], attributes: { axes: [2, 3] } },
        { op: 'Sub', inputs: ['x', 'mean'], outputs: ['d'] },
        { op: 'Div', inputs: ['d', 'd'], outputs: ['in'] },
      ]),
    ],
    [
      'they do not treat all pixels alike',
      network(chain(['Mul', 'w']), {
        w: { dims: [1, 1, 16, 16], data: Float32Array.from({ length: 256 }, (_, at) => 1 + at) },
      }),
    ],
  ])('have no reading where %s', async (problem, model) => {
    expect(await pixelsOf(model)).toMatchObject({ channels: null, problem });
  });
});

describe('problemOfPixels', () => {
  const map = (scale: number, more: Partial<PixelMap> = {}): PixelMap => ({
    steps: ['Mul'],
    channels: [
      { scale, offset: 0 },
      { scale, offset: 0 },
      { scale, offset: 0 },
    ],
    swapsChannels: false,
    passes: { below0: true, above1: true },
    gain: scale,
    problem: '',
    ...more,
  });

  it.each<
    [
      what: string,
      pixels: PixelMap | null,
      given: Parameters<typeof problemOfPixels>[1],
      problem: string | null,
    ]
  >([
    ['nothing known', null, { range: 'scaled' }, null],
    ['no steps', map(1, { steps: [] }), { range: 'scaled', mayScale: false }, null],
    [
      'levels scaled by itself',
      map(1 / 255),
      { range: 'scaled' },
      'its graph scales levels 0..255 by itself (Mul)',
    ],
    ['levels for it to scale', map(1 / 255), { range: 'levels' }, null],
    [
      'channels that are mixed and scaled',
      map(1 / 255, { channels: null, problem: 'they mix' }),
      { range: 'scaled' },
      'its graph scales levels',
    ],
    ['means of its own', map(4.4), { range: 'scaled' }, null],
    [
      'means where there may be none',
      map(2),
      { range: 'scaled', mayScale: false },
      'its graph scales the pixels by itself (Mul)',
    ],
    [
      'levels made of 0..1',
      map(255),
      { range: 'levels' },
      'its graph makes levels of pixels of another range (Mul)',
    ],
    [
      'a swap of bytes',
      map(1, { swapsChannels: true }),
      { range: 'levels' },
      'its graph swaps red and blue (Mul)',
    ],
  ])('of %s', (_, pixels, given, problem) => {
    const found = problemOfPixels(pixels, given);
    if (problem === null) expect(found).toBeNull();
    else expect(found).toContain(problem);
  });
});

it('is read out of order, and of a fixed batch in a run of one', async () => {
  const doubled = network(
    [
      { op: 'Add', inputs: ['s', 'm'], outputs: ['in'] },
      { op: 'Mul', inputs: ['x', 'f'], outputs: ['s'] },
    ],
    { f: scalar(1 / 127.5), m: scalar(-1) },
    { dims: [64, 3, 16, 16] },
  );
  const pixels = await pixelsOf(doubled);
  expect(pixels).toMatchObject({ steps: ['Mul', 'Add'], problem: '' });
  expect(pixels?.channels?.[0]?.scale).toBeCloseTo(levels.scale, 5);
});
