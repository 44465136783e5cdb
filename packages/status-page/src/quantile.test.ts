import { describe, expect, it } from 'vitest';
import { quantile, subtract } from './quantile.ts';

const bounds = [0.1, 0.2, 0.4, Number.POSITIVE_INFINITY];

describe('quantile', () => {
  it.each([
    { counts: [0, 0, 0, 0], q: 0.5, expected: null, name: 'nothing without observations' },
    { counts: [10, 10, 10, 10], q: 0.5, expected: 0.05, name: 'the middle of the first bucket, from 0' },
    { counts: [0, 10, 10, 10], q: 0.5, expected: 0.15, name: 'the middle of a bucket' },
    { counts: [5, 10, 10, 10], q: 0.5, expected: 0.1, name: 'the bound itself' },
    { counts: [0, 0, 0, 10], q: 0.99, expected: 0.4, name: 'the highest finite bound beyond it' },
    { counts: [0, 0, 4, 4], q: 1, expected: 0.4, name: 'the end at q = 1' },
  ])('gives $name', ({ counts, q, expected }) => {
    const value = quantile({ bounds, counts, sum: 0 }, q);
    if (expected === null) expect(value).toBeNull();
    else expect(value).toBeCloseTo(expected, 10);
  });
});

describe('subtract', () => {
  it('leaves what came in between', () => {
    const before = { bounds, counts: [1, 2, 3, 4], sum: 1 };
    expect(subtract({ bounds, counts: [2, 4, 6, 9], sum: 3 }, before)).toEqual({
      bounds,
      counts: [1, 2, 3, 5],
      sum: 2,
    });
  });
});
