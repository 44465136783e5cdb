import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { onnxModel } from '@trinetra/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteInput, createInferenceRuntime, readImageInput, type TensorData } from '../src/index.ts';
import { rewriteModel } from '../src/onnx/rewrite-model.ts';
import { doubling, useModels } from './models.ts';

const write = useModels();
type Dims = readonly (number | string)[];

/** Gives its input back and keeps a weight, so that there is something to carry over. */
function mirror(type: 'float32' | 'float16' | 'uint8', dims: Dims): Buffer {
  return onnxModel({
    inputs: [{ name: 'x', dims: [...dims], type }],
    outputs: [{ name: 'y', dims: [...dims], type }],
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
    constants: { weight: { dims: [1], data: Float32Array.of(7) } },
    metadata: { names: "{0: 'person'}" },
  });
}

/** Pixels `[1, 16, 16, 3]` with every level in every channel. */
const pixels = Uint8Array.from({ length: 768 }, (_, at) => (Math.floor(at / 3) * 7 + (at % 3) * 5) % 256);
/** Their levels, less the mean, over a divisor as planes `[1, 3, 16, 16]`. */
const planes = ({ mean = 0, divisor }: ByteInput): Float32Array =>
  Float32Array.from(
    { length: 768 },
    (_, at) => ((pixels[(at % 256) * 3 + Math.floor(at / 256)] ?? 0) - mean) / divisor,
  );

async function runBytes(bytes: Buffer, byteInput: ByteInput) {
  await using runtime = await createInferenceRuntime({ intraOpThreads: 1 });
  const model = await runtime.loadModel(await write('model.onnx', bytes), { byteInput });
  expect(model.info.byteInput).toEqual(byteInput);
  const [input] = model.info.inputs;
  const feed: TensorData = { type: 'uint8', data: pixels.slice(), dims: [1, 16, 16, 3] };
  const { outputs } = await model.run({ [input?.name ?? '']: feed }, { floatOutputs: true });
  return { input, data: outputs['y']?.data, metadata: model.info.metadata };
}

describe('a model that takes bytes', () => {
  it.each([{ divisor: 255 }, { divisor: 1 }, { mean: 127.5, divisor: 127.5 }, { mean: 127.5, divisor: 128 }])(
    'gets planes of %o, to the bit',
    async (byteInput) => {
      const { input, data, metadata } = await runBytes(mirror('float32', ['n', 3, 16, 16]), byteInput);
      expect(input).toMatchObject({ type: 'uint8', dims: ['n', 16, 16, 3] });
      expect(readImageInput(input)).toMatchObject({ layout: 'nhwc', batch: null, height: 16, width: 16 });
      expect(data).toEqual(planes(byteInput));
      expect(metadata).toEqual({ names: "{0: 'person'}" });
    },
  );

  it('gets pixels where it took pixels, and keeps its fixed batch', async () => {
    const { input, data } = await runBytes(mirror('float32', [1, 16, 16, 3]), { divisor: 255 });
    expect(input?.dims).toEqual([1, 16, 16, 3]);
    expect(data).toEqual(Float32Array.from(pixels, (level) => level / 255));
  });

  it('gets half floats where it took those', async () => {
    const { data } = await runBytes(mirror('float16', ['n', 3, 16, 16]), { divisor: 255 });
    const worst = planes({ divisor: 255 }).reduce(
      (most, value, at) => Math.max(most, Math.abs(value - Number(data?.[at]))),
      0,
    );
    expect(worst).toBeGreaterThan(0);
    expect(worst).toBeLessThanOrEqual(2 ** -12); // half a step of 11 bits below 1
  });

  it.each(['demo-yolov8.onnx', 'demo-yunet.onnx'])('%s gives the same numbers as before', async (name) => {
    const path = fileURLToPath(new URL(`../../../tools/demo-models/models/${name}`, import.meta.url));
    const divisor = name.includes('yolo') ? 255 : 1;
    await using runtime = await createInferenceRuntime({ intraOpThreads: 1 });
    const [floats, bytes] = [
      await runtime.loadModel(path),
      await runtime.loadModel(path, { byteInput: { divisor } }),
    ];
    const taken = readImageInput(floats.info.inputs[0]);
    const [height, width] = [taken?.height ?? 320, taken?.width ?? 320];
    const data = Uint8Array.from({ length: 3 * height * width }, (_, at) => (at * at + (at >> 9)) % 256);
    const plane = height * width;
    const asPlanes = Float32Array.from(
      data,
      (_, at) => (data[(at % plane) * 3 + Math.floor(at / plane)] ?? 0) / divisor,
    );
    const ofFloats = await floats.run({
      [floats.info.inputs[0]?.name ?? '']: { type: 'float32', data: asPlanes, dims: [1, 3, height, width] },
    });
    const ofBytes = await bytes.run({
      [bytes.info.inputs[0]?.name ?? '']: { type: 'uint8', data, dims: [1, height, width, 3] },
    });
    expect(ofBytes.outputs).toEqual(ofFloats.outputs);
  });
});

describe('a model that stays as it is', () => {
  it.each([
    ['takes bytes already', mirror('uint8', ['n', 3, 16, 16])],
    ['takes no picture', doubling],
    [
      'takes two things',
      onnxModel({
        inputs: [
          { name: 'x', dims: ['n', 3, 4, 4] },
          { name: 'z', dims: ['n', 3, 4, 4] },
        ],
        outputs: [{ name: 'y', dims: ['n', 3, 4, 4] }],
        nodes: [{ op: 'Add', inputs: ['x', 'z'], outputs: ['y'] }],
      }),
    ],
    [
      'is an engine in an ONNX file',
      onnxModel({
        inputs: [{ name: 'x', dims: ['n', 3, 4, 4] }],
        outputs: [{ name: 'y', dims: ['n', 3, 4, 4] }],
        nodes: [{ op: 'EPContext', inputs: ['x'], outputs: ['y'] }],
      }),
    ],
  ])('%s', (_, bytes) => {
    expect(rewriteModel(bytes, { divisor: 255 })).toBeNull();
  });

  it('loads where it was asked for bytes', async () => {
    await using runtime = await createInferenceRuntime({ intraOpThreads: 1 });
    const path = await write('doubling.onnx', doubling);
    const model = await runtime.loadModel(path, { byteInput: { divisor: 255 } });
    expect(model.info.inputs).toEqual([{ name: 'x', type: 'float32', dims: ['n', 3] }]);
    expect(model.info.byteInput).toBeUndefined();
  });

  it('loads where a function that was told of it wants no bytes', async () => {
    await using runtime = await createInferenceRuntime({ intraOpThreads: 1 });
    const path = await write('mirror.onnx', mirror('float32', ['n', 3, 16, 16]));
    const told: unknown[] = [];
    const model = await runtime.loadModel(path, {
      byteInput: (description) => {
        told.push(description);
        return undefined;
      },
    });
    expect(model.info.inputs[0]?.type).toBe('float32');
    expect(told).toEqual([
      expect.objectContaining({
        fileInputs: [{ name: 'x', type: 'float32', dims: ['n', 3, 16, 16] }],
        outputs: [{ name: 'y', type: 'float32', dims: ['n', 3, 16, 16] }],
        metadata: { names: "{0: 'person'}" },
        operators: ['Identity'],
      }),
    ]);
  });
});

describe('rewriteModel', () => {
  it('ends with an answer or an error for any damage, and never hangs', async () => {
    const model = await readFile(await write('mirror.onnx', mirror('float32', ['n', 3, 16, 16])));
    fc.assert(
      fc.property(fc.nat(model.length - 1), fc.nat(255), fc.nat(model.length), (at, value, length) => {
        const damaged = Buffer.from(model.subarray(0, length));
        if (at < damaged.length) damaged[at] = value;
        try {
          rewriteModel(damaged, { divisor: 255 });
        } catch (error) {
          expect(error).toMatchObject({ code: 'model_unusable' });
        }
      }),
      { numRuns: 500 },
    );
  });
});
