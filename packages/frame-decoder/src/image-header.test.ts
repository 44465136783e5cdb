import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { gradient } from '../test/pictures.ts';
import { readImageHeader, sniffFormat } from './image-header.ts';

const picture = (): Sharp => sharp(gradient(123, 77), { raw: { width: 123, height: 77, channels: 3 } });

describe('readImageHeader', () => {
  it.each([
    ['baseline JPEG', 'jpeg', () => picture().jpeg().toBuffer()],
    ['progressive JPEG', 'jpeg', () => picture().jpeg({ progressive: true }).toBuffer()],
    ['JPEG with EXIF', 'jpeg', () => picture().withMetadata({ orientation: 6 }).jpeg().toBuffer()],
    ['PNG', 'png', () => picture().png().toBuffer()],
    ['lossy WebP', 'webp', () => picture().webp().toBuffer()],
    ['lossless WebP', 'webp', () => picture().webp({ lossless: true }).toBuffer()],
    [
      'WebP with alpha and EXIF (VP8X)',
      'webp',
      () => picture().ensureAlpha(0.5).withMetadata({ orientation: 6 }).webp().toBuffer(),
    ],
  ] as const)('reads the stored size of a %s', async (_, format, make) => {
    const bytes = await make();
    expect(sniffFormat(bytes)).toBe(format);
    expect(readImageHeader(bytes, format)).toMatchObject({ format, width: 123, height: 77 });
  });

  it('tells grey and colour JPEGs apart', async () => {
    const grey = await picture().toColourspace('b-w').jpeg({ progressive: true }).toBuffer();
    expect(readImageHeader(grey, 'jpeg')).toMatchObject({ components: 1 });
    expect(readImageHeader(await picture().jpeg().toBuffer(), 'jpeg')).toMatchObject({ components: 3 });
  });

  it.each(['jpeg', 'png', 'webp'] as const)(
    'gives null, and never throws, for every cut %s header',
    async (format) => {
      const bytes = await picture().toFormat(format).toBuffer();
      let cut = 0;
      while (readImageHeader(bytes.subarray(0, cut), format) === null) cut += 1;
      expect(cut).toBeGreaterThan(16);
      expect(readImageHeader(bytes.subarray(0, cut), format)).toMatchObject({ width: 123, height: 77 });
    },
  );

  it('gives null for a size of 0 and for endless marker segments', async () => {
    const png = await picture().png().toBuffer();
    png.writeUInt32BE(0, 16);
    expect(readImageHeader(png, 'png')).toBeNull();
    const padded = Buffer.concat([
      Buffer.from([0xff, 0xd8]),
      Buffer.alloc(4_000_000, Buffer.from([0xff, 0xe0, 0, 2])),
    ]);
    expect(readImageHeader(padded, 'jpeg')).toBeNull();
  });
});
