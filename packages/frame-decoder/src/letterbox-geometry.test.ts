import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameDecoderError } from './errors.ts';
import { letterboxGeometry, letterboxIn } from './letterbox-geometry.ts';

const file = new URL('../test/fixtures/geometry-vectors.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as number[][];

describe('letterboxGeometry', () => {
  it('equals the arithmetic of the reference in Python for every vector', () => {
    const found = vectors.map(([width = 0, height = 0, inputWidth = 0, inputHeight = 0]) => {
      const { scaleX, scaleY, left, top, newWidth, newHeight } = letterboxGeometry(
        width,
        height,
        inputWidth,
        inputHeight,
      );
      expect(scaleY).toBe(scaleX);
      return [width, height, inputWidth, inputHeight, scaleX, left, top, newWidth, newHeight];
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
    expect(() => letterboxGeometry(width, height, 640, 640)).toThrow(FrameDecoderError);
  });
});

describe('the letterbox of a squashed picture', () => {
  it.each([
    ['16:9', 640, 640, 16 / 9, { newWidth: 640, newHeight: 360, left: 0, top: 140 }],
    ['4:3', 640, 640, 4 / 3, { newWidth: 640, newHeight: 480, left: 0, top: 80 }],
    ['9:16', 640, 640, 9 / 16, { newWidth: 360, newHeight: 640, left: 140, top: 0 }],
    ['16:9 of another square', 416, 416, 16 / 9, { newWidth: 640, newHeight: 360, left: 0, top: 140 }],
    ['anamorphic 704x576', 704, 576, 12 / 11, { newWidth: 640, newHeight: 480, left: 0, top: 80 }],
  ])('shows %s in its true proportions', (_, width, height, ratio, expected) => {
    expect(letterboxGeometry(width, height, 640, 640, ratio)).toMatchObject(expected);
  });

  it('is that of the picture in its true proportions, and leads back to within 0.01 px', () => {
    const side = fc.integer({ min: 16, max: 4096 });
    const input = fc.constantFrom(...[384, 480, 640, 1280]);
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        ...([side, side, fc.double({ min: 0.1, max: 10, noNaN: true }), input, input, share, share] as const),
        (width, height, ratio, inputWidth, inputHeight, shareX, shareY) => {
          const box = letterboxGeometry(width, height, inputWidth, inputHeight, ratio);
          expect(box.scaleX / box.scaleY).toBeCloseTo(ratio, 9);
          expect(box.left).toBeGreaterThanOrEqual(0);
          expect(box.top).toBeGreaterThanOrEqual(0);
          expect(box.left + box.newWidth).toBeLessThanOrEqual(inputWidth);
          expect(box.top + box.newHeight).toBeLessThanOrEqual(inputHeight);
          const [x, y] = [shareX * width, shareY * height];
          const [u, v] = [x * box.scaleX + box.left, y * box.scaleY + box.top].map(Math.fround) as [
            number,
            number,
          ];
          expect(Math.abs((u - box.left) / box.scaleX - x) * box.scaleX).toBeLessThan(0.01);
          expect(Math.abs((v - box.top) / box.scaleY - y) * box.scaleY).toBeLessThan(0.01);
        },
      ),
    );
  });
});

describe('letterboxIn', () => {
  const sizes = [
    { width: 640, height: 384 },
    { width: 384, height: 640 },
    { width: 640, height: 480 },
    { width: 640, height: 640 },
  ];

  it.each([
    ['a 16:9 picture', 1920, 1080, 1, '640x384'],
    ['a squashed 16:9 picture', 640, 640, 16 / 9, '640x384'],
    ['a squashed portrait', 640, 640, 9 / 16, '384x640'],
    ['a picture between two sizes', 1500, 1000, 1, '640x480'],
    ['a picture that only the square shows in full size', 1280, 1024, 1, '640x640'],
    ['a panorama', 3200, 900, 1, '640x384'],
    ['a square', 640, 640, 1, '640x640'],
  ])('puts %s into the smallest that shows it as large as any', (_, width, height, ratio, expected) => {
    const { inputWidth, inputHeight } = letterboxIn({ width, height }, sizes, ratio);
    expect(`${inputWidth}x${inputHeight}`).toBe(expected);
  });
});
