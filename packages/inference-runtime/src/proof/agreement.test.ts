import { describe, expect, it } from 'vitest';
import { compareOutputs, cosineOf } from './agreement.ts';

const of = (...values: number[]) => ({ data: Float32Array.from(values), dims: [1, values.length] });

describe('cosineOf', () => {
  it.each([
    [[1, 2], [2, 4], 1],
    [[1, 0], [0, 1], 0],
    [[1, 0], [-3, 0], -1],
    [[0, 0], [0, 0], 1],
  ])('%j and %j: %d', (a, b, cosine) => {
    expect(cosineOf(Float32Array.from(a), Float32Array.from(b))).toBeCloseTo(cosine, 6);
  });
});

describe('compareOutputs', () => {
  const expected = { y: of(1, 2, 3) };

  it('compares every picture of a run, and tells of the worst', () => {
    const found = { y: { data: Float32Array.of(1, 2, 3, 1, 2, 3.5), dims: [2, 3] } };
    const agreement = compareOutputs(found, expected);
    expect(agreement.ok).toBe(false);
    expect(agreement.problem).toMatch(/^y: cosine 0\.99/);
    expect(compareOutputs({ y: of(1, 2, 3.001) }, expected)).toMatchObject({ ok: true, problem: '' });
  });

  it.each([
    ['is not a number', { y: of(1, Number.NaN, 3) }],
    ['is infinite', { y: of(1, Number.POSITIVE_INFINITY, 3) }],
    ['is zero', { y: of(0, 0, 0) }],
    ['is missing', { z: of(1, 2, 3) }],
    ['is shorter', { y: of(1, 2) }],
  ])('disagrees where an output %s', (_name, found) => {
    expect(compareOutputs(found, expected).ok).toBe(false);
  });

  it('disagrees where there is nothing to compare', () => {
    expect(compareOutputs({}, {}).ok).toBe(false);
  });
});
