import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { doubling, half } from '../../test/models.ts';
import { parseOnnx } from './onnx-file.ts';

describe('parseOnnx', () => {
  it('reads metadata, operators and the precision of the weights', () => {
    expect(parseOnnx(doubling)).toEqual({
      metadata: { names: "{0: 'person'}", stride: '32' },
      operators: ['Mul'],
      precision: 'fp32',
      inputs: [{ name: 'x', type: 'float32', dims: ['n', 3] }],
      outputs: [{ name: 'y', type: 'float32', dims: ['n', 3] }],
    });
    expect(parseOnnx(half).operators).toEqual(['Identity', 'Neg']);
  });

  it('ends with an answer or an error for any damage, and never hangs', () => {
    fc.assert(
      fc.property(fc.nat(doubling.length - 1), fc.nat(255), fc.nat(doubling.length), (at, value, length) => {
        const damaged = Buffer.from(doubling.subarray(0, length));
        if (at < damaged.length) damaged[at] = value;
        try {
          expect(parseOnnx(damaged)).toHaveProperty('precision');
        } catch (error) {
          expect(error).toMatchObject({ code: 'model_unusable' });
        }
      }),
      { numRuns: 500 },
    );
  });
});
