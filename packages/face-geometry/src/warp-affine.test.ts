import type { RgbImage } from '@trinetra/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as reference from '../test/warp-affine.reference.ts';
import { useKernels } from './kernels.ts';
import type { Affine } from './similarity.ts';
import { warpAffine } from './warp-affine.ts';

/** Every pixel's channels differ from each other and from their neighbours'. */
function pattern(width: number, height: number): RgbImage {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => 1 + ((at * 37) % 255));
  return { data, width, height };
}
const grey = (width: number, height: number): RgbImage => ({
  data: new Uint8Array(width * height * 3).fill(200),
  width,
  height,
});
const pixel = (data: Uint8Array, size: number, x: number, y: number): number[] => [
  ...data.subarray((y * size + x) * 3, (y * size + x) * 3 + 3),
];

describe('warpAffine', () => {
  it('changes nothing under the identity', () => {
    const image = pattern(16, 16);
    expect(warpAffine(image, [1, 0, 0, 0, 1, 0], 16)).toEqual(image.data);
  });

  it('moves by whole pixels in either axis, of a picture that is not square', () => {
    const image = pattern(20, 9);
    const moved = warpAffine(image, [1, 0, 7, 0, 1, 3], 4);
    for (const [x, y] of [
      [0, 0],
      [3, 0],
      [0, 3],
      [2, 1],
    ] as const) {
      const at = ((y + 3) * 20 + x + 7) * 3;
      expect(pixel(moved, 4, x, y)).toEqual([...image.data.subarray(at, at + 3)]);
    }
  });

  it('interpolates between the four pixels around', () => {
    const data = Uint8Array.from([0, 0, 0, 100, 100, 100, 200, 200, 200, 40, 80, 120]);
    const image = { data, width: 2, height: 2 };
    expect([...warpAffine(image, [1, 0, 0.5, 0, 1, 0], 1)]).toEqual([50, 50, 50]);
    expect([...warpAffine(image, [1, 0, 0.25, 0, 1, 0.75], 1)]).toEqual([126, 134, 141]);
  });

  it('rounds positions to 1/32 px', () => {
    const image = { data: Uint8Array.from([0, 0, 0, 255, 255, 255]), width: 2, height: 1 };
    const at = (x: number): number => warpAffine(image, [1, 0, x, 0, 1, 0], 1)[0] ?? -1;
    expect(at(0.015)).toBe(0);
    expect(at(0.016)).toBe(Math.round(255 / 32));
  });

  it('takes everything outside of the image as 0', () => {
    const image = grey(8, 8);
    const warped = warpAffine(image, [1, 0, -4, 0, 1, -4], 16);
    expect(pixel(warped, 16, 0, 0)).toEqual([0, 0, 0]);
    expect(pixel(warped, 16, 3, 8)).toEqual([0, 0, 0]);
    expect(pixel(warped, 16, 4, 4)).toEqual([200, 200, 200]);
    expect(pixel(warped, 16, 11, 11)).toEqual([200, 200, 200]);
    expect(pixel(warped, 16, 12, 8)).toEqual([0, 0, 0]);
    expect(pixel(warped, 16, 8, 12)).toEqual([0, 0, 0]);
  });

  it('blends the last half pixel of each border with 0', () => {
    const warped = warpAffine(grey(4, 4), [1, 0, -0.5, 0, 1, -0.5], 5);
    expect(pixel(warped, 5, 0, 2)).toEqual([100, 100, 100]);
    expect(pixel(warped, 5, 4, 2)).toEqual([100, 100, 100]);
    expect(pixel(warped, 5, 2, 0)).toEqual([100, 100, 100]);
    expect(pixel(warped, 5, 2, 4)).toEqual([100, 100, 100]);
    expect(pixel(warped, 5, 0, 0)).toEqual([50, 50, 50]);
  });

  it.each([
    ['not a number', [Number.NaN, 0, 0, 0, Number.NaN, 0]],
    ['infinite', [1, 0, Number.POSITIVE_INFINITY, 0, 1, 0]],
    ['past 32 bits', [1, 0, 2 ** 27, 0, 1, 2 ** 27]],
    ['past 32 bits on the other side', [1, 0, -(2 ** 27), 0, 1, -(2 ** 27)]],
  ] as [string, Affine][])('is black where the transform is %s', (_, transform) => {
    expect(warpAffine(grey(8, 8), transform, 4)).toEqual(new Uint8Array(48));
  });
});

describe('warpAffine against the reference in JavaScript', () => {
  const side = fc.integer({ min: 1, max: 60 });
  /** Multiples of 1/64 px lie on the ties of the rounding to 1/32 px. */
  const positions = fc.oneof(
    fc.double({ min: -80, max: 80, noNaN: true }),
    fc.integer({ min: -3000, max: 3000 }).map((n) => n / 64),
  );
  const scales = fc.oneof(
    fc.double({ min: -3, max: 3, noNaN: true }),
    fc.integer({ min: -128, max: 128 }).map((n) => n / 64),
  );
  const rotations = fc
    .tuple(fc.double({ min: 0.1, max: 4, noNaN: true }), fc.double({ min: -4, max: 4, noNaN: true }))
    .map(([scale, angle]) => [scale * Math.cos(angle), scale * Math.sin(angle)] as const);
  const anything = fc.oneof(
    fc.double(),
    fc.constantFrom(0, 1, 0.49999999999999994 / 32, -0.5 / 32, 1e308, -1e308, 2 ** 31, -(2 ** 31)),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324),
  );
  const transforms = fc.oneof(
    fc.tuple(scales, scales, positions, scales, scales, positions),
    fc.tuple(rotations, positions, positions).map(([[p, q], x, y]) => [p, -q, x, q, p, y]),
    fc.tuple(anything, anything, anything, anything, anything, anything),
    fc.tuple(fc.constant(1), anything, anything, anything, fc.constant(1), anything),
  );

  it('is the same to the bit for any size and transform', () => {
    fc.assert(
      fc.property(
        side,
        side,
        fc.integer({ min: 0, max: 40 }),
        transforms,
        (width, height, size, transform) => {
          const image = pattern(width, height);
          const expected = reference.warpAffine(image, transform as unknown as Affine, size);
          expect(warpAffine(image, transform as unknown as Affine, size)).toEqual(expected);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['a small face', [0.6, -0.1, 300, 0.1, 0.6, 200]],
    ['a large face, tilted', [2.5, -1.5, 200, 1.5, 2.5, 20]],
    ['a face at the top left', [1.3, 0.2, -40, -0.2, 1.3, -30]],
    ['a face at the bottom right', [1.3, 0.2, 580, -0.2, 1.3, 440]],
    ['the whole frame', [9, 0, -20, 0, 9, -20]],
    ['a frame seen from far away', [60, 30, -3000, -30, 60, -1000]],
    ['a frame from so far away that positions overflow', [1e308, -1e308, 320, 1e308, -1e308, 240]],
  ] as [string, Affine][])('is the same to the bit for %s', (_, transform) => {
    const image = pattern(640, 480);
    expect(warpAffine(image, transform, 112)).toEqual(reference.warpAffine(image, transform, 112));
    expect(useKernels(0).bytes.length).toBeLessThan(700_000);
  });

  it('gives each result memory of its own', () => {
    const first = warpAffine(grey(8, 8), [1, 0, 0, 0, 1, 0], 4);
    expect(first.buffer.byteLength).toBe(48);
    warpAffine(grey(8, 8), [1, 0, 90, 0, 1, 90], 4);
    expect(first).toEqual(new Uint8Array(48).fill(200));
  });
});
