import { noise } from '@trinetra/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as reference from '../test/letterbox-tensor.reference.ts';
import { gradient, solid } from '../test/pictures.ts';
import { useKernels } from './kernels.ts';
import { letterboxGeometry } from './letterbox-geometry.ts';
import { createLetterboxFiller } from './letterbox-tensor.ts';
import { resizeLinear } from './resize-linear.ts';

const geometryOf = (width: number, height: number) => letterboxGeometry(width, height, 64, 48);

/** The same tensor the slow way. */
function expectedTensor(data: Uint8Array, width: number, height: number): Float32Array {
  const { left, top, newWidth, newHeight } = geometryOf(width, height);
  const resized = resizeLinear({ data, width, height }, newWidth, newHeight);
  const tensor = new Float32Array(3 * 48 * 64).fill(114 / 255);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < newHeight; y++) {
      for (let x = 0; x < newWidth; x++) {
        tensor[(c * 48 + top + y) * 64 + left + x] = (resized.data[(y * newWidth + x) * 3 + c] ?? 0) / 255;
      }
    }
  }
  return tensor;
}

/** The values of planes of 0..1 as pixels of bytes. */
function asBytes(tensor: Float32Array): Uint8Array {
  const plane = tensor.length / 3;
  return Uint8Array.from(tensor, (_, i) =>
    Math.round(255 * (tensor[(i % 3) * plane + Math.floor(i / 3)] ?? 0)),
  );
}

describe('createLetterboxFiller', () => {
  it('fills every value of a dirty tensor for wide, tall, equal and tiny pictures in turn', () => {
    const fill = createLetterboxFiller();
    const tensor = new Float32Array(3 * 48 * 64);
    const bytes = new Uint8Array(3 * 48 * 64);
    for (const [width, height] of [
      [200, 50],
      [30, 90],
      [64, 48],
      [5, 3],
      [200, 50],
      [64, 10],
    ] as const) {
      tensor.fill(Number.NaN);
      bytes.fill(7);
      const data = gradient(width, height);
      const luma = fill({ data, width, height }, geometryOf(width, height), tensor);
      expect(tensor).toEqual(expectedTensor(data, width, height));
      expect(fill({ data, width, height }, geometryOf(width, height), bytes)).toEqual(luma);
      expect(bytes).toEqual(asBytes(tensor));
    }
  });

  it('leaves a picture that is the tensor itself as it is, and measures it', () => {
    const fill = createLetterboxFiller();
    const data = gradient(64, 48);
    const image = { data: data.slice(), width: 64, height: 48 };
    const luma = fill(image, geometryOf(64, 48), image.data);
    expect(image.data).toEqual(data);
    expect(luma).toEqual(fill(image, geometryOf(64, 48), new Float32Array(9216)));
  });

  it.each([
    ['black', [0, 0, 0], 0],
    ['white', [255, 255, 255], 255],
    ['blue', [0, 0, 255], (29 * 255) >> 8],
  ] as const)('measures a %s picture without its padding', (_, rgb, mean) => {
    const fill = createLetterboxFiller();
    const luma = fill(
      { data: solid(64, 10, rgb), width: 64, height: 10 },
      geometryOf(64, 10),
      new Float32Array(9216),
    );
    expect(luma).toEqual({ mean, stdDev: 0 });
  });

  it('measures the standard deviation of half black and half white as 127.5', () => {
    const data = solid(64, 48, [0, 0, 0]).fill(255, 64 * 24 * 3);
    const luma = createLetterboxFiller()(
      { data, width: 64, height: 48 },
      geometryOf(64, 48),
      new Float32Array(9216),
    );
    expect(luma).toEqual({ mean: 127.5, stdDev: 127.5 });
  });
});

describe('createLetterboxFiller against the reference in JavaScript', () => {
  /** Fills dirty tensors of both types. */
  function expectSame(
    [width, height]: readonly [number, number],
    [inputWidth, inputHeight]: readonly [number, number],
    data: Uint8Array,
    pixelAspectRatio = 1,
  ): void {
    const image = { data, width, height };
    const letterbox = letterboxGeometry(width, height, inputWidth, inputHeight, pixelAspectRatio);
    const [fill, expectedFill] = [createLetterboxFiller, reference.createLetterboxFiller].map((create) =>
      create(),
    );
    const length = 3 * inputWidth * inputHeight;
    for (const create of [
      () => new Uint8Array(new SharedArrayBuffer(length)).fill(7),
      () => new Float32Array(new SharedArrayBuffer(4 * length)).fill(7),
    ]) {
      const [tensor, expected] = [create(), create()];
      const luma = fill?.(image, letterbox, tensor);
      expect(luma).toEqual(expectedFill?.(image, letterbox, expected));
      expect(Buffer.from(tensor.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
    }
  }

  it('is the same to the bit for any sizes', () => {
    const side = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(32, 64));
    const sizes = fc.tuple(side, side);
    const ratio = fc.oneof(fc.constant(1), fc.double({ min: 0.2, max: 5, noNaN: true }));
    fc.assert(
      fc.property(sizes, sizes, fc.integer(), ratio, (size, inputSize, seed, pixelAspectRatio) => {
        expectSame(size, inputSize, noise(...size, seed), pixelAspectRatio);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    [640, 640],
    [1920, 1080],
    [1280, 720],
    [480, 640],
    [641, 479],
    [320, 240],
    [5000, 30],
  ])('is the same to the bit for %i x %i in 640 x 640', (width, height) => {
    expectSame([width, height], [640, 640], noise(width, height, 5));
    expect(useKernels(0).bytes.length).toBeLessThan(200_000);
  });

  it('measures wide, bright pictures without an overflow, resized or not', () => {
    for (const [width, height] of [
      [15_000, 8],
      [30_000, 16],
    ] as const) {
      const data = solid(width, height, [255, 255, 255]).fill(0, 0, (width * height * 3) / 4);
      expectSame([width, height], [30_000, 16], data);
    }
  });
});
