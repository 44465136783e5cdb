import { describe, expect, it } from 'vitest';
import { roundHalfEven } from './round-half-even.ts';

describe('roundHalfEven', () => {
  it.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [3.5, 4],
    [-0.1, 0],
    [-0.5, 0],
    [-1.5, -2],
    [2.4999, 2],
    [359.5, 360],
    [358.5, 358],
  ])('rounds %d to %d', (value, expected) => {
    expect(Object.is(roundHalfEven(value), expected)).toBe(true);
  });
});
