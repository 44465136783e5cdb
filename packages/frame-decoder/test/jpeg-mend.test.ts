import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePixels } from '../src/decode-pixels.ts';
import { readImageHeader } from '../src/image-header.ts';
import { mendJpeg } from '../src/jpeg-mend.ts';
import { prepareJpeg, spareBytes } from '../src/jpeg-prepare.ts';
import { openTurboJpeg } from '../src/turbo-jpeg.ts';
import { validPictures } from './corrupt/valid-pictures.ts';

const restart = readFileSync(new URL('./fixtures/restart.jpg', import.meta.url));
const roomOf = (bytes: Uint8Array): Buffer => Buffer.concat([bytes, Buffer.alloc(spareBytes)]);

describe('prepareJpeg and mendJpeg', () => {
  it('find every sound JPEG whole, and leave its own bytes as they are', async () => {
    for (const { name, format, bytes } of await validPictures()) {
      if (format !== 'jpeg') continue;
      const source = prepareJpeg(roomOf(bytes));
      expect(source.subarray(0, bytes.length), name).toEqual(bytes);
      expect(mendJpeg(source), name).toBe(name === 'arithmetic coded' ? 'unknown' : 'whole');
      expect(source.subarray(0, bytes.length), name).toEqual(bytes);
    }
  });

  it('call a JPEG broken as soon as a byte of its scan is missing', () => {
    for (const left of [1, 2, 10, 100, 1000]) {
      const source = prepareJpeg(roomOf(restart.subarray(0, restart.length - 2 - left)));
      expect(mendJpeg(source), `${left} bytes missing`).toBe('broken');
    }
  });

  it('make a padded JPEG the sound one, with fill bytes in place of the padding', () => {
    const marker = restart.indexOf(Buffer.from([0xff, 0xd1]));
    const padded = Buffer.concat([restart.subarray(0, marker), Buffer.alloc(5), restart.subarray(marker)]);
    const source = prepareJpeg(roomOf(padded));
    expect(mendJpeg(source)).toBe('whole');
    const filled = Buffer.concat([
      restart.subarray(0, marker),
      Buffer.alloc(5, 0xff),
      restart.subarray(marker),
    ]);
    expect(Buffer.from(source.subarray(0, padded.length))).toEqual(filled);
  });

  it('never fail otherwise than by refusing, whatever bytes are changed', async () => {
    const turbo = await openTurboJpeg('exact').catch(() => 'exact' as const);
    const pictures = (await validPictures()).filter(({ format }) => format === 'jpeg');
    const changes = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...pictures), changes, fc.nat(40), async ({ bytes }, all, cut) => {
        const room = roomOf(bytes.subarray(0, bytes.length - cut));
        for (const [place, value] of all) room[2 + Math.floor(place * (room.length - 5))] = value;
        const header = readImageHeader(room.subarray(0, -spareBytes), 'jpeg');
        if (header === null || header.width * header.height > 500_000) return;
        const copy = Buffer.from(room);
        const target = new Uint8Array(header.width * header.height * 3);
        await decodePixels(room, header, target, turbo).catch((error: unknown) => {
          expect(error).toBeInstanceOf(Error);
          expect(error).not.toBeInstanceOf(TypeError);
          expect(error).not.toBeInstanceOf(RangeError);
        });
        try {
          mendJpeg(prepareJpeg(copy));
        } catch (error) {
          expect(String(error)).toMatch(/scans/i); // too many, or missing
        }
      }),
      { numRuns: 1500 },
    );
  });
});
