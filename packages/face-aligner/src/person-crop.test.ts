import type { RgbImage } from '@trinetra/contracts';
import { describe, expect, it } from 'vitest';
import { type CropFormat, valuesPerCrop, writePersonCrop } from './person-crop.ts';

const bgr: CropFormat = { width: 320, height: 320, channels: 'bgr', mean: 0, divisor: 1 };
const grey = (width: number, height: number): RgbImage => ({
  data: new Uint8Array(width * height * 3).fill(200),
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
