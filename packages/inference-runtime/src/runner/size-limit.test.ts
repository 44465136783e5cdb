import { describe, expect, it } from 'vitest';
import { paddedSize } from './size-limit.ts';

describe('paddedSize', () => {
  it.each<[count: number, sizes: number[] | undefined, limit: number, padded: number]>([
    [3, undefined, 16, 3],
    [1, [1, 4, 16], 16, 1],
    [2, [1, 4, 16], 16, 4],
    [5, [1, 4, 16], 16, 16],
    [16, [1, 4, 16], 16, 16],
    // Memory cut the limit: the sizes above it would run out again.
    [5, [1, 4, 16], 8, 8],
    [3, [1, 4, 16], 2, 3],
    [2, [4], 2, 2],
    [1, [4], 4, 4],
    [1, [4], 2, 2],
  ])('pads %d to one of %j, of which %d fit: %d', (count, sizes, limit, padded) => {
    expect(paddedSize(count, sizes, limit)).toBe(padded);
  });
});
