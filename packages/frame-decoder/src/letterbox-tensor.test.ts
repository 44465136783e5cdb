import { describe, expect, it } from 'vitest';
import { gradient, solid } from '../test/pictures.ts';
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
    const fill = createLetterboxFiller(64, 48);
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
    const fill = createLetterboxFiller(64, 48);
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
    const fill = createLetterboxFiller(64, 48);
    const luma = fill(
      { data: solid(64, 10, rgb), width: 64, height: 10 },
      geometryOf(64, 10),
      new Float32Array(9216),
    );
    expect(luma).toEqual({ mean, stdDev: 0 });
  });

  it('measures the standard deviation of half black and half white as 127.5', () => {
    const data = solid(64, 48, [0, 0, 0]).fill(255, 64 * 24 * 3);
    const luma = createLetterboxFiller(64, 48)(
      { data, width: 64, height: 48 },
      geometryOf(64, 48),
      new Float32Array(9216),
    );
    expect(luma).toEqual({ mean: 127.5, stdDev: 127.5 });
  });
});
