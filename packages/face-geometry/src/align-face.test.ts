import type { FaceLandmarks, Point, RgbImage } from '@trinetra/contracts';
import { describe, expect, it } from 'vitest';
import { alignedSize, alignFace } from './align-face.ts';
import { arcfaceTemplate } from './similarity.ts';

/** A picture in which every pixel tells its place: R = x, G = y. */
function placePicture(width: number, height: number): RgbImage {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const pixel = Math.floor(at / 3);
    return [pixel % width, Math.floor(pixel / width), 77][at % 3] ?? 0;
  });
  return { data, width, height };
}

const move = (to: (point: Point) => Point): FaceLandmarks => {
  const [a, b, c, d, e] = arcfaceTemplate;
  return [to(a), to(b), to(c), to(d), to(e)];
};
/** Red and green of a pixel of an aligned face. */
const placeAt = (face: Uint8Array, x: number, y: number): number[] => [
  ...face.subarray((y * alignedSize + x) * 3, (y * alignedSize + x) * 3 + 2),
];

describe('alignFace', () => {
  it('brings the landmarks to the places of the template', () => {
    const face = alignFace(
      placePicture(250, 250),
      move(([x, y]) => [x + 60, y + 30]),
    );
    if (face === null) throw new Error('expected a face');
    expect(face).toHaveLength(alignedSize * alignedSize * 3);
    expect(placeAt(face, 0, 0)).toEqual([60, 30]);
    expect(placeAt(face, 111, 50)).toEqual([171, 80]);
  });

  it('gives a face of a squashed picture its true proportions', () => {
    const squashed = { ...placePicture(125, 250), pixelAspectRatio: 2 };
    const face = alignFace(
      squashed,
      move(([x, y]) => [(x + 60) / 2, y + 30]),
    );
    if (face === null) throw new Error('expected a face');
    for (const [x, y] of [
      [0, 0],
      [110, 50],
    ] as const) {
      expect(placeAt(face, x, y)).toEqual([(x + 60) / 2, y + 30]);
    }
  });

  it('gives null for landmarks that coincide, or are not finite', () => {
    const image = placePicture(250, 250);
    expect(
      alignFace(
        image,
        move(() => [7, 7]),
      ),
    ).toBeNull();
    expect(
      alignFace(
        image,
        move(([x]) => [x, Number.NaN]),
      ),
    ).toBeNull();
  });

  it('refuses a pixelAspectRatio that is not above 0', () => {
    expect(() => alignFace({ ...placePicture(9, 9), pixelAspectRatio: 0 }, arcfaceTemplate)).toThrow(
      RangeError,
    );
  });
});
