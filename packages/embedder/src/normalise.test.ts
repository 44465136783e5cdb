import fc from 'fast-check';
import { expect, it } from 'vitest';
import { normalise } from './normalise.ts';

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

it.each<[reason: string, values: number[]]>([
  ['zero', [0, 0, 0]],
  ['zero', [-0, 0, 0]],
  ['zero', [1e-20, 0, 1e-20]],
  ['zero', []],
  ['not_finite', [1, nan, 1]],
  ['not_finite', [1, infinity, 1]],
  ['not_finite', [-infinity, infinity, 0]],
])('is %s for %j', (reason, values) =>
  expect(normalise(Float32Array.from(values))).toEqual({ ok: false, reason }),
);

it('keeps the direction and leaves what it was given', () => {
  const vector = Float32Array.from([3, -4]);
  expect(normalise(vector)).toEqual({ ok: true, value: Float32Array.from([0.6, -0.8]) });
  expect(vector).toEqual(Float32Array.from([3, -4]));
});

it('gives length 1 within 1e-6 to anything that has a direction, also where float32 would overflow', () => {
  const values = fc.float32Array({ minLength: 512, maxLength: 512, noNaN: true, noDefaultInfinity: true });
  const huge = Float32Array.from({ length: 512 }, () => 3e38);
  fc.assert(
    fc.property(values, (vector) => {
      const unit = normalise(vector);
      fc.pre(unit.ok);
      const length = Math.sqrt(unit.value.reduce((sum, value) => sum + value * value, 0));
      expect(Math.abs(length - 1)).toBeLessThan(1e-6);
    }),
    { numRuns: 200, examples: [[huge]] },
  );
});
