import type { RgbImage, Xyxy } from '@trinetra/contracts';
import { noise } from '@trinetra/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as reference from '../test/person-crop.reference.ts';
import { type CropFormat, valuesPerCrop } from './crop-format.ts';
import { useKernels } from './kernels.ts';
import { writePersonCrop } from './person-crop.ts';

const bgr: CropFormat = { width: 320, height: 320, channels: 'bgr', mean: 0, divisor: 1 };
const grey = (width: number, height: number): RgbImage => ({
  data: new Uint8Array(width * height * 3).fill(200),
  width,
  height,
});

const noiseImage = (width: number, height: number, seed: number): RgbImage => ({
  data: noise(width, height, seed),
  width,
  height,
});

describe('writePersonCrop', () => {
  it.each([
    // image, box, new width, new height as in golden/reference.py: outward to pixels, halves to the even neighbour
    [[1000, 1000], [10.2, 20.9, 330.1, 660], 160, 320],
    [[1000, 1000], [-50, -50, 2000, 2000], 320, 320],
    [[1000, 1000], [0, 0, 640, 321], 320, 160],
    [[1000, 1000], [0, 0, 640, 323], 320, 162],
    [[1000, 1000], [0, 0, 1000, 1], 320, 1],
    [[1000, 1000], [0, 0, 16, 8], 320, 160],
  ] as const)('fits the box of %j %j into %i x %i', ([width, height], box, newWidth, newHeight) => {
    const tensor = new Float32Array(valuesPerCrop(bgr)).fill(-1);
    const crop = writePersonCrop(grey(width, height), box, bgr, tensor, 0);
    const row = tensor.subarray(0, 320);
    const column = tensor.filter((_, at) => at < 320 * 320 && at % 320 === 0);
    expect(row.filter((value) => value === 200)).toHaveLength(newWidth);
    expect(column.filter((value) => value === 200)).toHaveLength(newHeight);
    expect(row.filter((value) => value === 0)).toHaveLength(320 - newWidth);
    const [x1, y1] = [Math.max(0, Math.floor(box[0])), Math.max(0, Math.floor(box[1]))];
    expect(crop).toEqual({
      x: x1,
      y: y1,
      scaleX: newWidth / (Math.min(width, Math.ceil(box[2])) - x1),
      scaleY: newHeight / (Math.min(height, Math.ceil(box[3])) - y1),
    });
  });

  it('writes only its own crop of the tensor', () => {
    const format = { ...bgr, width: 32, height: 32 };
    const tensor = new Float32Array(3 * valuesPerCrop(format)).fill(-1);
    writePersonCrop(grey(40, 40), [0, 0, 40, 40], format, tensor, 1);
    const third = valuesPerCrop(format);
    expect(tensor.subarray(0, third).every((value) => value === -1)).toBe(true);
    expect(tensor.subarray(third, 2 * third).every((value) => value === 200)).toBe(true);
    expect(tensor.subarray(2 * third).every((value) => value === -1)).toBe(true);
  });

  it('orders and scales the channels as the model wants them, the padding being black', () => {
    const format: CropFormat = { width: 32, height: 32, channels: 'rgb', mean: 127.5, divisor: 128 };
    const image = { data: Uint8Array.from([255, 128, 0, 255, 128, 0]), width: 1, height: 2 };
    const tensor = new Float32Array(valuesPerCrop(format));
    writePersonCrop(image, [0, 0, 1, 2], format, tensor, 0);
    const at = (channel: number, x: number): number | undefined => tensor[channel * 1024 + x];
    expect([at(0, 0), at(1, 0), at(2, 0)]).toEqual([127.5 / 128, 0.5 / 128, -127.5 / 128]);
    expect([at(0, 16), at(1, 16), at(2, 16)]).toEqual([-127.5 / 128, -127.5 / 128, -127.5 / 128]);
  });

  it('halves a picture by the mean of each four pixels', () => {
    const format = { ...bgr, width: 2, height: 2 };
    const levels = [10, 20, 30, 50, 30, 40, 70, 90, 0, 0, 255, 255, 0, 0, 255, 254];
    const image = { data: Uint8Array.from(levels.flatMap((v) => [v, v, v])), width: 4, height: 4 };
    const tensor = new Float32Array(12);
    writePersonCrop(image, [0, 0, 4, 4], format, tensor, 0);
    expect([...tensor.subarray(0, 4)]).toEqual([25, 60, 0, 255]);
  });
});

describe('writePersonCrop against the reference in JavaScript', () => {
  const side = fc.integer({ min: 1, max: 40 });
  const formats = fc.record({
    width: fc.integer({ min: 1, max: 70 }),
    height: fc.integer({ min: 1, max: 70 }),
    channels: fc.constantFrom('rgb', 'bgr'),
    mean: fc.constantFrom(0, 127.5, 123.675, -0.1, 1 / 3),
    divisor: fc.constantFrom(1, 128, 58.395, -3, 1e-3),
  });
  const places = fc.double({ min: -20, max: 320, noNaN: true });
  const boxes = fc.oneof(
    fc.tuple(places, places, places, places),
    fc.tuple(places, places, side, side).map(([x, y, w, h]) => [x, y, x + w, y + h]),
  );

  /** Both write the middle one of three crops that were dirty. */
  function expectSame(image: RgbImage, box: Xyxy, format: CropFormat, stretch: number): void {
    const values = valuesPerCrop(format);
    const dirty = () => new Float32Array(new SharedArrayBuffer(12 * values)).fill(-7);
    const [found, expected] = [dirty(), dirty()];
    const crop = writePersonCrop({ ...image, pixelAspectRatio: stretch }, box, format, found, 1);
    expect(crop).toEqual(reference.writePersonCrop(image, box, format, expected, 1, stretch));
    expect(Buffer.from(found.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
  }

  it('is the same to the bit for any size, box, stretch and format', () => {
    const sizes = fc.oneof(side, fc.integer({ min: 1, max: 300 }));
    fc.assert(
      fc.property(
        ...([
          sizes,
          sizes,
          fc.integer(),
          boxes,
          formats,
          fc.double({ min: 0.2, max: 5, noNaN: true }),
        ] as const),
        (width, height, seed, box, format, stretch) => {
          expectSame(noiseImage(width, height, seed), box as Xyxy, format as CropFormat, stretch);
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('has the levels of the reference in crops of bytes, and writes only its own', () => {
    fc.assert(
      fc.property(
        ...([
          side,
          side,
          fc.integer(),
          boxes,
          formats,
          fc.double({ min: 0.2, max: 5, noNaN: true }),
        ] as const),
        (width, height, seed, box, { mean: _, divisor: __, ...shape }, stretch) => {
          const image = noiseImage(width, height, seed);
          const format = { ...shape, mean: 0, divisor: 1 } as CropFormat;
          const [values, plane] = [valuesPerCrop(format), format.width * format.height];
          const found = new Uint8Array(new SharedArrayBuffer(3 * values)).fill(7);
          const planes = new Float32Array(3 * values).fill(7);
          const crop = writePersonCrop(
            { ...image, pixelAspectRatio: stretch },
            box as Xyxy,
            format,
            found,
            1,
          );
          expect(crop).toEqual(reference.writePersonCrop(image, box as Xyxy, format, planes, 1, stretch));
          const expected = planes.map((value, at) => {
            const inCrop = at - values;
            if (inCrop < 0 || inCrop >= values) return value;
            return planes[values + (inCrop % 3) * plane + Math.floor(inCrop / 3)] as number;
          });
          expect(Buffer.from(found).equals(Buffer.from(expected))).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    [0, 1, 'bgr'],
    [127.5, 128, 'rgb'],
    [123.675, 58.395, 'rgb'],
  ] as const)(
    'is the same to the bit for persons in a frame, mean %d and divisor %d',
    (mean, divisor, channels) => {
      const image = noiseImage(640, 480, 3);
      const format: CropFormat = { width: 320, height: 320, channels, mean, divisor };
      for (const [x, y, w, h] of [
        [600.5, 300, 60, 150],
        [17, 20, 300, 600],
        [-30, -30, 150, 320],
        [0, 0, 640, 480],
        [5, 400, 630, 3],
      ] as const) {
        expectSame(image, [x, y, x + w, y + h], format, 16 / 9);
      }
    },
  );

  it('takes little memory for the largest crops', () => {
    expectSame(noiseImage(8192, 40, 1), [0, 0, 8192, 40], { ...bgr, width: 640, height: 640 }, 1);
    expect(useKernels(0).bytes.length).toBeLessThan(1_000_000);
  });
});
