import { onnxModel } from '@trinetra/test-support';
import { describe, expect, it } from 'vitest';
import { createInferenceRuntime, type FeedConversion, type TensorData } from '../src/index.ts';
import { useModels } from './models.ts';

const write = useModels();

function identity(type: 'float32' | 'float16' | 'uint8', dims: (number | string)[]): Buffer {
  return onnxModel({
    inputs: [{ name: 'x', dims, type }],
    outputs: [{ name: 'y', dims, type }],
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
  });
}

/** `[1, 2, 2, 2]`: two planes of 2x2. */
const picture = (to: FeedConversion): TensorData => ({
  type: 'float32',
  data: Float32Array.of(0, 0.25, 0.5, 1, -1, 0.002, 0.1, 2),
  dims: [1, 2, 2, 2],
  to,
});

async function runWith(to: FeedConversion, dims: (number | string)[], floatOutputs = false) {
  await using runtime = await createInferenceRuntime({ intraOpThreads: 1 });
  const model = await runtime.loadModel(await write(`${to.type}.onnx`, identity(to.type, dims)));
  const { outputs, feeds } = await model.run({ x: picture(to) }, { floatOutputs });
  return { y: outputs['y'], feed: feeds['x'] };
}

const nchw = ['n', 2, 2, 2];
const nhwc = ['n', 2, 2, 'c'];

describe('a float32 picture', () => {
  it('becomes float16 bits', async () => {
    const { y, feed } = await runWith({ type: 'float16' }, nchw);
    expect(y?.data).toEqual(Uint16Array.of(0, 0x3400, 0x3800, 0x3c00, 0xbc00, 0x1819, 0x2e66, 0x4000));
    expect(feed?.data).toHaveLength(8); // the feed comes back as it was
  });

  it('comes back as float32 where that is asked for', async () => {
    const { y } = await runWith({ type: 'float16' }, nchw, true);
    expect(y?.type).toBe('float32');
    expect([...(y?.data ?? [])].map(Number).slice(0, 5)).toEqual([0, 0.25, 0.5, 1, -1]);
  });

  it('becomes uint8, scaled, rounded and clipped', async () => {
    const { y } = await runWith({ type: 'uint8', scale: 255 }, nchw);
    expect(y?.data).toEqual(Uint8Array.of(0, 64, 128, 255, 0, 1, 26, 255));
  });

  it('becomes uint8, with an offset after the scale', async () => {
    const { y } = await runWith({ type: 'uint8', scale: 127.5, offset: 127.5 }, nchw);
    expect(y?.data).toEqual(Uint8Array.of(128, 159, 191, 255, 0, 128, 140, 255));
  });

  it('gets its channels last', async () => {
    const { y } = await runWith({ type: 'float32', layout: 'nhwc' }, nhwc);
    expect(y?.dims).toEqual([1, 2, 2, 2]);
    expect([...(y?.data ?? [])]).toEqual([0, -1, 0.25, Math.fround(0.002), 0.5, Math.fround(0.1), 1, 2]);
  });

  it('is refused where the model takes another shape or type than the converted one', async () => {
    await using runtime = await createInferenceRuntime({ intraOpThreads: 1 });
    const model = await runtime.loadModel(await write('nhwc.onnx', identity('uint8', ['n', 2, 2, 3])));
    await expect(model.run({ x: picture({ type: 'uint8', layout: 'nhwc' }) })).rejects.toThrow(
      'expected the shape [n, 2, 2, 3] but received [1, 2, 2, 2]',
    );
    await expect(model.run({ x: picture({ type: 'float16' }) })).rejects.toThrow(
      'expected uint8 but received float16',
    );
    const flat = { type: 'float32', data: new Float32Array(2), dims: [2], to: { type: 'uint8' } } as const;
    await expect(model.run({ x: flat })).rejects.toThrow('expected float32 [n, c, h, w] to convert');
  });
});
