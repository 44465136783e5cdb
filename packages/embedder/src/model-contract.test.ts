import type { ByteInput } from '@trinetra/inference-runtime';
import { describe, expect, it } from 'vitest';
import { FakeModel, type FakeModelSetup, scaled } from '../test/fake-model.ts';
import { EmbedderError } from './errors.ts';
import { embedderSamplePicture, readContract } from './model-contract.ts';

it.each([
  [{ mean: 127.5, divisor: 127.5 }, [-1, 1]],
  [{ mean: 0, divisor: 255 }, [0, 1]],
  [{ mean: 0, divisor: 1 }, [0, 255]],
])('tells that the sample picture of a model with pixels of %j has values in %j', (scale, range) => {
  const input = { pixels: { order: 'rgb', ...scale }, why: '' } as const;
  expect(embedderSamplePicture({ input })).toEqual({ range, size: { width: 112, height: 112 } });
});

describe('readContract', () => {
  it.each<[what: string, setup: FakeModelSetup, fixedBatch: number | null]>([
    ['a symbolic batch', {}, null],
    ['a batch without a name', { input: [-1, 3, 112, 112], output: [-1, 512] }, null],
    ['a fixed batch', { input: [8, 3, 112, 112], output: [8, 512] }, 8],
    ['channels last', { input: [4, 112, 112, 3] }, 4],
    ['halves', { inputType: 'float16', outputType: 'float16' }, null],
    ['bytes', { inputType: 'uint8' }, null],
    ['an output without a shape', { output: [] }, null],
    ['symbolic sizes', { input: ['n', 3, 'h', -1], output: ['n', 'size'] }, null],
  ])('accepts %s', (_, setup, fixedBatch) => {
    const contract = readContract(new FakeModel(setup).info);
    expect(contract).toMatchObject({ input: { name: 'data' }, output: 'fc1', fixedBatch });
  });

  it.each<[what: string, setup: FakeModelSetup, found: string]>([
    ['embeddings of 256', { output: ['batch', 256] }, 'float32 ["batch",256]'],
    ['a feature map', { output: ['batch', 512, 7, 7] }, 'float32 ["batch",512,7,7]'],
    ['embeddings of bytes', { outputType: 'uint8' }, 'uint8 ["batch",512]'],
    ['faces of 160 px', { input: ['batch', 3, 160, 160] }, 'float32 ["batch",3,160,160]'],
    ['grey faces', { input: ['batch', 1, 112, 112] }, 'float32 ["batch",1,112,112]'],
    ['faces of signed bytes', { inputType: 'int8' }, 'int8 ["batch",3,112,112]'],
  ])('refuses %s with the expected and the found shape', (_, setup, found) => {
    const read = (): unknown => readContract(new FakeModel(setup).info);
    expect(read).toThrow(EmbedderError);
    expect(read).toThrow(
      'expected [n, 3, 112, 112] or [n, 112, 112, 3] of float32, float16 or uint8 -> float32 or float16 [n, 512] but found',
    );
    expect(read).toThrow(found);
  });

  it('knows by how a model was loaded for bytes what they become there, and takes no other way', () => {
    const setup: FakeModelSetup = { input: ['n', 112, 112, 3], inputType: 'uint8' };
    const read = (byteInput: ByteInput | undefined, pixels?: FakeModelSetup['pixels']) => {
      const floats = new FakeModel({ pixels }).info;
      const { inputs } = new FakeModel(setup).info;
      return readContract({ ...floats, inputs, byteInput }).choice.pixels;
    };
    const normalised = scaled(['Sub', 'Mul'], 1 / 127.5, -1);
    expect(readContract(new FakeModel(setup).info).choice).toEqual({
      pixels: { order: 'rgb', mean: 0, divisor: 1 },
      why: 'it takes bytes',
    });
    expect(read({ mean: 127.5, divisor: 127.5 })).toMatchObject({ mean: 127.5 });
    expect(read({ divisor: 1 }, normalised)).toMatchObject({ mean: 0, divisor: 1 });
    expect(() => read({ divisor: 255 })).toThrow(
      'expected bytes that become (level - 127.5) / 127.5 but found {"divisor":255}; load it with byteInput: embedderByteInput',
    );
  });

  it('refuses a scale for a model that takes bytes by itself', () => {
    const { info } = new FakeModel({ inputType: 'uint8' });
    expect(() => readContract(info, { order: 'rgb', mean: 127.5, divisor: 127.5 })).toThrow(
      'embedder model fake.onnx: it takes bytes, which are not scaled: expected mean 0 and divisor 1 but received 127.5 and 127.5',
    );
  });

  it('takes the output that is an embedding', () => {
    const { info } = new FakeModel();
    const norm = { name: 'norm', type: 'float32', dims: ['batch', 1] };
    expect(readContract({ ...info, outputs: [norm, ...info.outputs] }).output).toBe('fc1');
  });

  it('refuses a model with two inputs', () => {
    const { info } = new FakeModel();
    const inputs = [...info.inputs, ...info.inputs];
    expect(() => readContract({ ...info, inputs, fileInputs: inputs })).toThrow(
      'but found float32 ["batch",3,112,112], float32 ["batch",3,112,112] ->',
    );
  });
});
