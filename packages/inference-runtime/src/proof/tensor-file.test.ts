import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTensors, writeTensors } from './tensor-file.ts';

const file = {
  tensors: {
    a: { data: Float32Array.of(1, -2, 3.5, Number.NaN, 0, 6), dims: [2, 3] },
    b: { data: new Float32Array(0), dims: [0] },
  },
  metadata: { sha256: 'abc' },
};

describe('a safetensors file', () => {
  it('comes back as it was written', () => {
    expect(readTensors(writeTensors(file))).toEqual(file);
  });

  it.each([
    ['is empty', (bytes: Buffer) => bytes.subarray(0, 4)],
    ['ends in its header', (bytes: Buffer) => bytes.subarray(0, 30)],
    ['ends in its numbers', (bytes: Buffer) => bytes.subarray(0, bytes.length - 4)],
    [
      'has another type',
      (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replace('F32', 'F64'), 'latin1'),
    ],
  ])('that %s is refused', (_name, damage) => {
    expect(() => readTensors(damage(writeTensors(file)))).toThrow();
  });

  it('ends with an answer or an error for any damage', () => {
    const bytes = writeTensors(file);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = value;
        try {
          expect(readTensors(damaged)).toHaveProperty('tensors');
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});
