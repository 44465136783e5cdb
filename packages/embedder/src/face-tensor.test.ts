import { describe, expect, it } from 'vitest';
import { createFaceWriter, faceValues } from './face-tensor.ts';
import type { FacePixels } from './pixels.ts';

describe('a face writer', () => {
  const face = new Uint8Array(faceValues);
  face.set([0, 128, 255], 0);
  face.set([10, 20, 30], faceValues - 3);
  const plane = 112 * 112;

  it.each<[pixels: FacePixels, levels: number[], of: (level: number) => number]>([
    [
      { order: 'rgb', mean: 127.5, divisor: 127.5 },
      [0, 128, 255, 10, 20, 30],
      (level) => (level - 127.5) / 127.5,
    ],
    [{ order: 'rgb', mean: 0, divisor: 1 }, [0, 128, 255, 10, 20, 30], (level) => level],
    [{ order: 'bgr', mean: 0, divisor: 255 }, [255, 128, 0, 30, 20, 10], (level) => level / 255],
  ])('writes planes of %o', (pixels, levels, of) => {
    const tensor = new Float32Array(3 * faceValues).fill(7);
    createFaceWriter(pixels).floats(face, tensor, 1);
    const written = [0, plane, 2 * plane, plane - 1, 2 * plane - 1, 3 * plane - 1].map(
      (at) => tensor[faceValues + at],
    );
    expect(written).toEqual(levels.map((level) => expect.closeTo(of(level), 6)));
    expect([tensor[faceValues - 1], tensor[2 * faceValues]]).toEqual([7, 7]);
  });

  it.each<[order: FacePixels['order'], first: number[]]>([
    ['rgb', [0, 128, 255]],
    ['bgr', [255, 128, 0]],
  ])('writes bytes as %s', (order, first) => {
    const tensor = new Uint8Array(2 * faceValues).fill(7);
    createFaceWriter({ order, mean: 5, divisor: 9 }).bytes(face, tensor, 1);
    expect([...tensor.subarray(faceValues, faceValues + 3)]).toEqual(first);
    expect(tensor[faceValues - 1]).toBe(7);
  });
});
