import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { doubling, half } from '../test/models.ts';
import { parseOnnx } from './onnx-file.ts';

describe('parseOnnx', () => {
  it('reads metadata, operators and the precision of the weights', () => {
    expect(parseOnnx(doubling)).toEqual({
      metadata: { names: "{0: 'person'}", stride: '32' },
      firstOps: ['Mul'],
      precision: 'fp32',
    });
    expect(parseOnnx(half).firstOps).toEqual(['Identity', 'Neg']);
  });

  it('ends with an answer or an error for any damage, and never hangs', () => {
    fc.assert(
      fc.property(fc.nat(doubling.length - 1), fc.nat(255), fc.nat(doubling.length), (at, value, length) => {
        const damaged = Buffer.from(doubling.subarray(0, length));
        if (at < damaged.length) damaged[at] = value;
        try {
          expect(parseOnnx(damaged)).toHaveProperty('precision');
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
      { numRuns: 500 },
    );
  });
});
