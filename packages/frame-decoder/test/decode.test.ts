import { readFileSync } from 'node:fs';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DecodedFrame, decodeOutcomeOf } from '../src/decode-result.ts';
import { createFrameDecoder, type FrameDecoder } from '../src/frame-decoder.ts';
import { resizeLinear } from '../src/resize-linear.ts';
import { difference, encode, gradient, solid } from './pictures.ts';

let decoder: FrameDecoder;
beforeAll(async () => {
  decoder = await createFrameDecoder();
});
afterAll(() => decoder.close());

const fixture = (name: string): Buffer => readFileSync(new URL(`./fixtures/${name}`, import.meta.url));

async function frameOf(bytes: Uint8Array): Promise<DecodedFrame> {
  const result = await decoder.decode(bytes);
  if (!result.ok) throw new Error(`${result.reason}: ${result.message}`);
  return result.value;
}

describe('pixels', () => {
  it.each([
    [640, 640],
    [500, 375],
    [1080, 1920],
  ])(
    'gives the tensor of %d x %d as bytes where that is asked for: the same levels',
    async (width, height) => {
      const picture = await encode(gradient(width, height), width, height).jpeg().toBuffer();
      await using bytesDecoder = await createFrameDecoder({ tensorType: 'uint8' });
      const result = await bytesDecoder.decode(picture);
      if (!result.ok) throw new Error(result.message);
      const { tensor, letterbox, mean, stdDev } = result.value;
      const floats = await frameOf(picture);
      expect({ letterbox, mean, stdDev }).toEqual({
        letterbox: floats.letterbox,
        mean: floats.mean,
        stdDev: floats.stdDev,
      });
      const plane = 640 * 640;
      const levels = Uint8Array.from({ length: 3 * plane }, (_, i) =>
        Math.round(255 * (floats.tensor[(i % 3) * plane + Math.floor(i / 3)] ?? 0)),
      );
      expect(tensor).toBeInstanceOf(Uint8Array);
      expect(difference(Uint8Array.from(tensor), levels).max).toBe(0);
      decoder.release(floats);
    },
  );

  it.each(['float32', 'uint8'] as const)(
    'gives a squashed frame to the model in its true proportions, as %s, and to others as it came',
    async (tensorType) => {
      const inputSizes = [
        { width: 640, height: 384 },
        { width: 640, height: 640 },
      ];
      await using sized = await createFrameDecoder({ tensorType, inputSizes, jpegAccuracy: 'exact' });
      const pixels = gradient(640, 640);
      const picture = await encode(pixels, 640, 640).png().toBuffer();
      const seen: unknown[] = [];
      const aspectRatioOf = (size: unknown): number => {
        seen.push(size);
        return 16 / 9;
      };
      const result = await sized.decode(picture, { aspectRatioOf });
      if (!result.ok) throw new Error(result.message);
      const { image, letterbox, tensor } = result.value;
      expect(seen).toEqual([{ width: 640, height: 640 }]);
      expect(image).toMatchObject({ width: 640, height: 640, pixelAspectRatio: 16 / 9 });
      expect(difference(image.data, pixels).max).toBe(0);
      expect(letterbox).toEqual({
        ...{ scaleX: 1, scaleY: 0.5625, left: 0, top: 12, newWidth: 640, newHeight: 360 },
        ...{ inputWidth: 640, inputHeight: 384 },
      });
      expect(tensor).toHaveLength(3 * 640 * 384);
      const resized = resizeLinear({ data: pixels, width: 640, height: 640 }, 640, 360, 16 / 9);
      const plane = 640 * 384;
      const level = (x: number, y: number, c: number): number =>
        tensorType === 'uint8'
          ? (tensor[(y * 640 + x) * 3 + c] ?? 0)
          : Math.round(255 * (tensor[c * plane + y * 640 + x] ?? 0));
      for (const [x, y] of [
        [0, 0],
        [639, 359],
        [320, 180],
      ] as const) {
        for (let c = 0; c < 3; c += 1) expect(level(x, y + 12, c)).toBe(resized.data[(y * 640 + x) * 3 + c]);
      }
      expect([level(5, 11, 0), level(5, 372, 2)]).toEqual([114, 114]);
      sized.release(result.value);
    },
  );

  it('takes a frame of the aspect that is told as it is', async () => {
    const picture = await encode(gradient(640, 361), 640, 361).png().toBuffer();
    const result = await decoder.decode(picture, { aspectRatioOf: () => 16 / 9 });
    if (!result.ok) throw new Error(result.message);
    expect(result.value.image.pixelAspectRatio).toBe(1);
    decoder.release(result.value);
  });

  it.each([
    [640, 640],
    [1920, 1080],
    [500, 375],
    [375, 500],
    [1080, 1920],
    [1, 700],
  ])('decodes a %d x %d PNG losslessly and letterboxes it', async (width, height) => {
    const pixels = gradient(width, height);
    const frame = await frameOf(await encode(pixels, width, height).png().toBuffer());
    expect(frame.image).toMatchObject({ width, height });
    expect(difference(frame.image.data, pixels).max).toBe(0);
    const { left, top, newWidth, newHeight } = frame.letterbox;
    const resized = resizeLinear({ data: pixels, width, height }, newWidth, newHeight);
    const x = newWidth >> 1;
    const y = newHeight >> 1;
    for (let c = 0; c < 3; c++) {
      expect(frame.tensor[(c * 640 + top + y) * 640 + left + x]).toBe(
        Math.fround((resized.data[(y * newWidth + x) * 3 + c] ?? 0) / 255),
      );
    }
    if (top > 0) expect(frame.tensor[0]).toBe(Math.fround(114 / 255));
    decoder.release(frame);
  });

  it.each([
    ['JPEG', (picture: Sharp) => picture.jpeg({ quality: 95 })],
    ['JPEG 4:4:4', (picture: Sharp) => picture.jpeg({ quality: 95, chromaSubsampling: '4:4:4' })],
    ['progressive JPEG', (picture: Sharp) => picture.jpeg({ quality: 95, progressive: true })],
    ['WebP', (picture: Sharp) => picture.webp({ quality: 95 })],
    ['lossless WebP', (picture: Sharp) => picture.webp({ lossless: true })],
    ['PNG with alpha', (picture: Sharp) => picture.ensureAlpha(0.3).png()],
    ['16-bit PNG', (picture: Sharp) => picture.toColourspace('rgb16').png()],
    ['palette PNG', (picture: Sharp) => picture.png({ palette: true, colours: 256, dither: 0 })],
  ])('decodes a %s within a few levels, channels in the order RGB', async (_, as) => {
    const pixels = gradient(640, 480);
    const frame = await frameOf(await as(encode(pixels, 640, 480)).toBuffer());
    expect(difference(frame.image.data, pixels).mean).toBeLessThan(4);
  });

  it.each(['jpeg', 'png'] as const)('spreads a grey %s over three channels', async (format) => {
    const frame = await frameOf(
      await encode(gradient(320, 200), 320, 200).toColourspace('b-w').toFormat(format).toBuffer(),
    );
    const { data } = frame.image;
    expect(data.length).toBe(320 * 200 * 3);
    for (let i = 0; i < data.length; i += 3) {
      if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) throw new Error(`not grey at ${i}`);
    }
    expect(frame.stdDev).toBeGreaterThan(20);
  });

  it('turns CMYK into the RGB of OpenCV', async () => {
    const expected = JSON.parse(fixture('cmyk-vectors.json').toString()) as { rgb: string };
    const frame = await frameOf(fixture('cmyk.jpg'));
    expect(
      difference(frame.image.data, new Uint8Array(Buffer.from(expected.rgb, 'base64'))).max,
    ).toBeLessThanOrEqual(1);
  });

  it('ignores the EXIF orientation, in every format', async () => {
    const pixels = gradient(60, 40);
    for (const format of ['jpeg', 'png', 'webp'] as const) {
      const bytes = await encode(pixels, 60, 40)
        .withMetadata({ orientation: 6 })
        .toFormat(format, { quality: 95 })
        .toBuffer();
      expect((await sharp(bytes).metadata()).orientation).toBe(6);
      const frame = await frameOf(bytes);
      expect(frame.image).toMatchObject({ width: 60, height: 40 });
      expect(difference(frame.image.data, pixels).mean).toBeLessThan(6);
    }
  });

  it('decodes a JPEG whose camera padded the scan before the end marker', async () => {
    const jpeg = await encode(gradient(64, 64), 64, 64).jpeg().toBuffer();
    const padded = Buffer.concat([
      jpeg.subarray(0, -2),
      Buffer.alloc(40, 0x55),
      jpeg.subarray(-2),
      Buffer.alloc(9),
    ]);
    const frame = await frameOf(padded);
    expect(difference(frame.image.data, (await frameOf(jpeg)).image.data).mean).toBeLessThan(2);
  });
});

describe('bad frames', () => {
  const pixels = gradient(640, 360);
  const picture = (): Sharp => encode(pixels, 640, 360);

  it.each([
    ['JPEG', () => picture().jpeg()],
    ['progressive JPEG', () => picture().jpeg({ progressive: true })],
    ['CMYK JPEG', () => picture().toColourspace('cmyk').jpeg()],
    ['PNG', () => picture().png()],
    ['WebP', () => picture().webp()],
  ])('reports a %s that is cut anywhere as corrupt', async (name, make) => {
    const bytes = await make().toBuffer();
    const cuts = [
      4,
      40,
      400,
      bytes.length >> 1,
      Math.floor(bytes.length * 0.95),
      bytes.length - 20,
      // A PNG is complete but for the checksum of its empty last chunk, and a JPEG but for its end marker.
      ...(name === 'WebP' ? [bytes.length - 2] : []),
      ...(name.endsWith('JPEG') ? [bytes.length - 3] : []),
    ];
    for (const cut of cuts) {
      const result = await decoder.decode(bytes.subarray(0, cut));
      if (result.ok) throw new Error(`cut at ${cut} of ${bytes.length} was decoded`);
      expect(decodeOutcomeOf(result.reason)).toBe('corrupt');
    }
  });

  it.each([
    ['nothing', Buffer.alloc(0), 'empty'],
    [
      'noise',
      Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919 + 13) & 0xff)),
      'unsupported_format',
    ],
    [
      'SVG',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      'unsupported_format',
    ],
    ['PDF', Buffer.from('%PDF-1.7\n1 0 obj <<>> endobj'), 'unsupported_format'],
    ['GIF', Buffer.from('GIF89a\x01\x00\x01\x00\x80\x00\x00', 'latin1'), 'unsupported_format'],
    ['TIFF', Buffer.from('II*\0\x08\0\0\0', 'latin1'), 'unsupported_format'],
    ['HEIC', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0', 'latin1'), 'unsupported_format'],
    ['one byte', Buffer.from([0xff]), 'unsupported_format'],
    [
      'JPEG magic and SVG',
      Buffer.from('\xff\xd8\xff<svg xmlns="http://www.w3.org/2000/svg"/>', 'latin1'),
      'corrupt',
    ],
  ] as const)('refuses %s', async (_, bytes, reason) => {
    expect(await decoder.decode(bytes)).toMatchObject({ ok: false, reason });
    expect(decodeOutcomeOf(reason)).toBe('corrupt');
  });

  it('refuses real GIF and TIFF files', async () => {
    for (const bytes of [await picture().gif().toBuffer(), await picture().tiff().toBuffer()]) {
      expect(await decoder.decode(bytes)).toMatchObject({ reason: 'unsupported_format' });
    }
  });

  it.each(['jpeg', 'png', 'webp'] as const)(
    'refuses a %s whose header says 60000 x 60000 before decoding',
    async (format) => {
      const bytes = await picture().toFormat(format).toBuffer();
      const allocated = decoder.stats().allocatedBuffers;
      if (format === 'png') {
        bytes.writeUInt32BE(60000, 16);
        bytes.writeUInt32BE(60000, 20);
      } else if (format === 'jpeg') {
        const sof = bytes.indexOf(Buffer.from([0xff, 0xc0]));
        bytes.writeUInt16BE(60000, sof + 5);
        bytes.writeUInt16BE(60000, sof + 7);
      } else {
        bytes.writeUInt16LE(16000, 26); // 14 bits are all that VP8 has
        bytes.writeUInt16LE(16000, 28);
      }
      expect(await decoder.decode(bytes)).toMatchObject({
        ok: false,
        reason: 'too_many_pixels',
      });
      expect(decoder.stats().allocatedBuffers).toBe(allocated);
    },
  );

  it('refuses too many bytes', async () => {
    await using small = await createFrameDecoder({ maxBytes: 100 });
    expect(await small.decode(await picture().jpeg().toBuffer())).toMatchObject({ reason: 'too_large' });
  });

  it('reports broken data in the middle of a JPEG as corrupt', async () => {
    const bytes = await picture().jpeg().toBuffer();
    const scan = bytes.indexOf(Buffer.from([0xff, 0xda]));
    bytes.fill(Buffer.from([0xff, 0xd9]), (scan + bytes.length) >> 1, ((scan + bytes.length) >> 1) + 2);
    expect(await decoder.decode(bytes)).toMatchObject({ ok: false, reason: 'corrupt' });
  });

  it('refuses a progressive JPEG of more scans than any encoder writes', async () => {
    const bytes = await picture().jpeg({ progressive: true }).toBuffer();
    const bomb = Buffer.concat([
      bytes.subarray(0, -2),
      Buffer.alloc(404, Buffer.from([0xff, 0xda, 0, 0])),
      bytes.subarray(-2),
    ]);
    expect(await decoder.decode(bomb)).toMatchObject({
      reason: 'corrupt',
      message: expect.stringMatching(/scans/),
    });
  });

  it('goes on decoding good frames afterwards', async () => {
    expect(await decoder.decode(await picture().jpeg().toBuffer())).toMatchObject({ ok: true });
  });
});

describe('blank frames', () => {
  it.each([
    ['black', [0, 0, 0], 'black'],
    ['white', [255, 255, 255], 'blown_out'],
    ['grey', [128, 128, 128], 'flat'],
    ['blue', [0, 0, 255], 'flat'],
  ] as const)('skips a %s frame, unless told not to', async (_, rgb, reason) => {
    const bytes = await encode(solid(320, 180, rgb), 320, 180)
      .jpeg()
      .toBuffer();
    expect(await decoder.decode(bytes)).toMatchObject({ ok: false, reason });
    expect(decodeOutcomeOf(reason)).toBe('skipped');
    await using lenient = await createFrameDecoder({ rejectFlat: false });
    expect(await lenient.decode(bytes)).toMatchObject({ ok: true });
  });
});
