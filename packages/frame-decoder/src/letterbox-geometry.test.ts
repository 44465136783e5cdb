import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { letterboxGeometry, roundHalfEven } from './letterbox-geometry.ts';

const file = new URL('../test/fixtures/geometry-vectors.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as number[][];

describe('letterboxGeometry', () => {
  it('equals the arithmetic of the reference in Python for every vector', () => {
    const found = vectors.map(([width = 0, height = 0, inputWidth = 0, inputHeight = 0]) => {
      const { scale, left, top, newWidth, newHeight } = letterboxGeometry(
        width,
        height,
        inputWidth,
        inputHeight,
      );
      return [width, height, inputWidth, inputHeight, scale, left, top, newWidth, newHeight];
    });
    expect(vectors.length).toBeGreaterThan(300);
    expect(found).toEqual(vectors);
  });

  it.each([
    [0, 10],
    [10, 0],
    [1.5, 10],
    [Number.NaN, 10],
    [-3, 10],
  ])('refuses a size of %d x %d', (width, height) => {
    expect(() => letterboxGeometry(width, height, 640, 640)).toThrow(RangeError);
  });
});

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
