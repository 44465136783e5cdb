import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inputSizesFor, maxInputSizes, sizeText } from './input-sizes.ts';

const square = { width: 640, height: 640 };

it.each([
  ['16:9', square, 32, [16 / 9], ['640x384', '640x640']],
  ['4:3', square, 32, [4 / 3], ['640x480', '640x640']],
  ['portraits', square, 32, [9 / 16, 3 / 4], ['384x640', '480x640', '640x640']],
  ['21:9', square, 32, [21 / 9], ['640x288', '640x640']],
  ['squares alone', square, 32, [1], ['640x640']],
  ['two aspects of one size', square, 32, [16 / 9, 1.85], ['640x352', '640x384', '640x640']],
  ['another stride', { width: 1280, height: 1280 }, 64, [16 / 9], ['1280x768', '1280x1280']],
  ['a model of a rectangle', { width: 640, height: 384 }, 32, [4 / 3], ['640x384', '640x480', '640x640']],
  ['nothing', square, 32, [], ['640x640']],
] as const)('gives the sizes for %s', (_, own, stride, aspects, expected) => {
  expect(inputSizesFor(own, stride, aspects).map(sizeText)).toEqual(expected);
});

it('holds a picture of each aspect, in few sizes', () => {
  const aspects = fc.array(fc.double({ min: 0.2, max: 5, noNaN: true }), { maxLength: 12 });
  fc.assert(
    fc.property(aspects, fc.constantFrom(32, 64), (ratios, stride) => {
      const sizes = inputSizesFor(square, stride, ratios);
      expect(sizes.length).toBeLessThanOrEqual(maxInputSizes);
      for (const { width, height } of sizes) {
        expect([width % stride, height % stride, Math.max(width, height)]).toEqual([0, 0, 640]);
      }
      for (const ratio of ratios) {
        const [width, height] = [Math.min(640, 640 * ratio), Math.min(640, 640 / ratio)].map(Math.round) as [
          number,
          number,
        ];
        expect(sizes.some((size) => size.width >= width && size.height >= height)).toBe(true);
      }
    }),
  );
});
