import { describe, expect, it } from 'vitest';
import { FakeModel, type FakeModelSetup } from '../test/fake-model.ts';
import { EmbedderError } from './errors.ts';
import { readContract } from './model-contract.ts';

describe('readContract', () => {
  it.each<[what: string, setup: FakeModelSetup, fixedBatch: number | null]>([
    ['a symbolic batch', {}, null],
    ['a batch without a name', { input: [-1, 3, 112, 112], output: [-1, 512] }, null],
    ['a fixed batch', { input: [8, 3, 112, 112], output: [8, 512] }, 8],
    ['symbolic sizes', { input: ['n', 3, 'h', -1], output: ['n', 'size'] }, null],
  ])('accepts %s', (_, setup, fixedBatch) => {
    expect(readContract(new FakeModel(setup).info)).toEqual({ input: 'data', output: 'fc1', fixedBatch });
  });

  it.each<[what: string, setup: FakeModelSetup, found: string]>([
    ['embeddings of 256', { output: ['batch', 256] }, 'float32 ["batch",256]'],
    ['a feature map', { output: ['batch', 512, 7, 7] }, 'float32 ["batch",512,7,7]'],
    ['embeddings of halves', { outputType: 'float16' }, 'float16 ["batch",512]'],
    ['faces of 160 px', { input: ['batch', 3, 160, 160] }, 'float32 ["batch",3,160,160]'],
    ['channels last', { input: ['batch', 112, 112, 3] }, 'float32 ["batch",112,112,3]'],
    ['faces of bytes', { inputType: 'uint8' }, 'uint8 ["batch",3,112,112]'],
  ])('refuses %s with the expected and the found shape', (_, setup, found) => {
    const read = (): unknown => readContract(new FakeModel(setup).info);
    expect(read).toThrow(EmbedderError);
    expect(read).toThrow('expected float32 [n, 3, 112, 112] -> float32 [n, 512] but found');
    expect(read).toThrow(found);
  });

  it('refuses a model with two inputs', () => {
    const { info } = new FakeModel();
    expect(() => readContract({ ...info, inputs: [...info.inputs, ...info.inputs] })).toThrow(
      'but found float32 ["batch",3,112,112], float32 ["batch",3,112,112] ->',
    );
  });
});
