import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodePixels, type JpegDecoder } from '../src/decode-pixels.ts';
import { readImageHeader } from '../src/image-header.ts';
import { spareBytes } from '../src/jpeg-prepare.ts';
import { openTurboJpeg, type TurboJpeg } from '../src/turbo-jpeg.ts';
import { breakPicture } from './corrupt/mutations.ts';
import { validPictures } from './corrupt/valid-pictures.ts';
import { encode, gradient } from './pictures.ts';

let turbo: TurboJpeg;
beforeAll(async () => {
  turbo = await openTurboJpeg('exact');
});

/** The pixels, or why there are none. */
async function decode(bytes: Uint8Array, decoder: JpegDecoder): Promise<Uint8Array | string> {
  const header = readImageHeader(bytes, 'jpeg');
  if (header === null) return 'no header';
  const target = new Uint8Array(header.width * header.height * 3);
  try {
    const room = Buffer.concat([bytes, Buffer.alloc(spareBytes)]);
    await decodePixels(room, header, target, decoder);
    return target;
  } catch (error) {
    return String(error);
  }
}

/** A picture with fine detail and strong colours, where the two inverse DCTs differ most. */
function detailed(width: number, height: number): Uint8Array {
  const data = gradient(width, height);
  return data.map((value, i) => (value + ((i * 7919) % 97) * 2) & 255);
}

describe.runIf(process.platform === 'linux')('openTurboJpeg', () => {
  it.each([
    { width: 1, height: 1 },
    { width: 7, height: 5 },
    { width: 17, height: 33 },
    { width: 640, height: 363 },
  ])('gives the pixels of libvips: $width x $height, all kinds of colour JPEG', async ({ width, height }) => {
    for (const chromaSubsampling of ['4:4:4', '4:2:0']) {
      for (const progressive of [false, true]) {
        for (const quality of [30, 90]) {
          const jpeg = encode(detailed(width, height), width, height).jpeg({
            chromaSubsampling,
            progressive,
            quality,
          });
          const bytes = await jpeg.toBuffer();
          const header = readImageHeader(bytes, 'jpeg');
          const target = new Uint8Array(width * height * 3);
          expect(header !== null && turbo(bytes, header, target)).toBe(true);
          expect(target).toEqual(await decode(bytes, 'exact'));
        }
      }
    }
  });

  it('gives the pixels of libvips for a picture without colour', async () => {
    const grey = sharp(detailed(50, 40), { raw: { width: 50, height: 40, channels: 3 } }).greyscale();
    const bytes = await grey.jpeg().toBuffer();
    expect(await decode(bytes, turbo)).toEqual(await decode(bytes, 'exact'));
  });

  it('says no to a header of another size, and to memory that is too small', async () => {
    const bytes = await encode(detailed(64, 48), 64, 48).jpeg().toBuffer();
    const header = readImageHeader(bytes, 'jpeg');
    if (header === null) throw new Error('expected a header');
    expect(turbo(bytes, header, new Uint8Array(64 * 48 * 3 - 1))).toBe(false);
    expect(turbo(bytes, { ...header, width: 63 }, new Uint8Array(64 * 48 * 3))).toBe(false);
    expect(turbo(bytes, header, new Uint8Array(64 * 48 * 3))).toBe(true);
  });

  it('gives the pixels of the package where the inverse DCT is to be fast', async () => {
    const bytes = await encode(detailed(64, 48), 64, 48).jpeg().toBuffer();
    const fast = await decode(bytes, await openTurboJpeg('fast'));
    expect(fast).toEqual(await decode(bytes, 'fast'));
    expect(fast).not.toEqual(await decode(bytes, turbo));
  });

  it('accepts bytes between the scan and the end marker, which some cameras write', async () => {
    const bytes = await encode(detailed(64, 48), 64, 48).jpeg().toBuffer();
    const padded = Buffer.concat([bytes.subarray(0, -2), Buffer.alloc(40), bytes.subarray(-2)]);
    expect(await decode(padded, turbo)).toEqual(await decode(bytes, turbo));
  });

  it('gives the pixels of libvips for a broken picture, or refuses it', async () => {
    const pictures = await validPictures();
    let decoded = 0;
    let refused = 0;
    for (let seed = 1; seed <= 400; seed++) {
      const { name, bytes } = breakPicture(seed, pictures);
      if (bytes[0] !== 0xff || bytes[1] !== 0xd8) continue;
      const result = await decode(bytes, turbo);
      if (typeof result === 'string') {
        refused++;
        continue;
      }
      decoded++;
      const other = await decode(bytes, 'exact');
      // libvips may report what it warned of in the picture before.
      if (typeof other !== 'string') expect(other, `seed ${seed}, ${name}`).toEqual(result);
    }
    expect(decoded).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(20);
  });

  it('judges a sound picture by itself, whatever was decoded before', async () => {
    const sound = await encode(detailed(64, 48), 64, 48).jpeg().toBuffer();
    const pixels = await decode(sound, turbo);
    const pictures = await validPictures();
    for (let seed = 1; seed <= 400; seed++) {
      await decode(breakPicture(seed, pictures).bytes, turbo);
      expect(await decode(sound, turbo), `after seed ${seed}`).toEqual(pixels);
    }
  });
});
