import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { checkered, detailIn } from '../test/frames.ts';
import { encodePicture } from './encode-picture.ts';

const left = [0.1, 0.1, 0.4, 0.6] as const;
const right = [0.6, 0.1, 0.9, 0.6] as const;

describe('encodePicture', () => {
  it('leaves no detail in what must not be seen, and leaves the rest', async () => {
    const picture = await checkered(400, 300, [left, right]);
    const jpeg = await encodePicture(picture, () => [left]);
    expect(await detailIn(picture, left)).toBeGreaterThan(150);
    expect(await detailIn(jpeg, left)).toBeLessThan(12);
    expect(await detailIn(jpeg, right)).toBeGreaterThan(150);
  });

  it('is at most 640 px a side and keeps the shape, without metadata', async () => {
    const picture = await sharp(await checkered(1280, 720, [left]))
      .withExif({ IFD0: { Copyright: 'somebody' } })
      .toBuffer();
    let seen = 0;
    const jpeg = await encodePicture(picture, (aspect) => {
      seen = aspect;
      return [];
    });
    const { width, height, exif, format } = await sharp(jpeg).metadata();
    expect({ width, height, exif, format }).toEqual({
      width: 640,
      height: 360,
      exif: undefined,
      format: 'jpeg',
    });
    expect(seen).toBeCloseTo(16 / 9, 2);
  });

  it('hides everything where there are too many regions to hide one by one', async () => {
    const picture = await checkered(200, 200, [right]);
    const many = Array.from({ length: 65 }, () => [0, 0, 0.01, 0.01] as const);
    expect(await detailIn(await encodePicture(picture, () => many), right)).toBeLessThan(12);
  });

  it('takes regions that reach the border or have no size, and pictures with transparency', async () => {
    const png = await sharp({ create: { width: 40, height: 30, channels: 4, background: '#ff000080' } })
      .png()
      .toBuffer();
    const jpeg = await encodePicture(png, () => [
      [0.9, 0.9, 1, 1],
      [0.5, 0.5, 0.5, 0.5],
      [0, 0, 1, 1],
    ]);
    expect(await sharp(jpeg).metadata()).toMatchObject({ width: 40, height: 30, channels: 3 });
  });

  it('rejects what is no picture', async () => {
    await expect(encodePicture(new Uint8Array(100), () => [])).rejects.toThrow();
  });
});
