import { expect, it } from 'vitest';
import { percentile } from './percentile.ts';

const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

it.each([
  ['nothing', [], 0.5, null],
  ['one value', [7], 0.99, 7],
  ['the smallest value', [3, 1, 2], 0, 1],
  ['the median of an odd count', [9, 1, 5], 0.5, 5],
  ['the lower middle of an even count', [4, 3, 2, 1], 0.5, 2],
  ['the 99th of a hundred', hundred, 0.99, 99],
  ['the largest value', hundred, 1, 100],
])('finds %s', (_, values, share, expected) => {
  expect(percentile(values, share)).toBe(expected);
});

it('leaves the values in their order', () => {
  const values = [3, 1, 2];
  percentile(values, 0.5);
  expect(values).toEqual([3, 1, 2]);
});
