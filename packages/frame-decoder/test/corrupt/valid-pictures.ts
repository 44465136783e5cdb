import { readFileSync } from 'node:fs';
import { Random } from '@trinetra/test-support';
import sharp, { type Sharp } from 'sharp';
import { encode } from '../pictures.ts';

/** A picture that every decoder reads; what the broken ones are made of. */
export interface ValidPicture {
  readonly name: string;
  readonly format: 'jpeg' | 'png' | 'webp';
  readonly bytes: Buffer;
}

/** RGB with edges, slopes and grain, so that scans hold more than end-of-block codes. */
export function scenery(width: number, height: number, seed = 7): Uint8Array {
  const random = new Random(seed);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      const edge = ((x >> 4) + (y >> 4)) % 2 === 0 ? 60 : 0;
      data[at] = (180 * x) / width + edge;
      data[at + 1] = (150 * y) / height + edge + random.int(0, 20);
      data[at + 2] = (170 * (x + y)) / (width + height) + edge;
    }
  }
  return data;
}

const width = 88;
const height = 72;
const picture = (): Sharp => encode(scenery(width, height), width, height);

/** Inserts bytes right after the start-of-image marker. */
export function afterSoi(jpeg: Buffer, ...inserted: Buffer[]): Buffer {
  return Buffer.concat([jpeg.subarray(0, 2), ...inserted, jpeg.subarray(2)]);
}

/** A marker segment with its length. */
export function segment(marker: number, content: Uint8Array): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}

/** One of each kind that is decoded; those that libvips cannot write are fixtures. */
export async function validPictures(): Promise<ValidPicture[]> {
  const jpeg = async (name: string, made: Promise<Buffer>): Promise<ValidPicture> => ({
    name,
    format: 'jpeg',
    bytes: await made,
  });
  const baseline = await picture().jpeg({ quality: 85, mozjpeg: false }).toBuffer();
  const grey = picture().toColourspace('b-w');
  return [
    await jpeg('baseline', Promise.resolve(baseline)),
    await jpeg('4:4:4', picture().jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).toBuffer()),
    await jpeg('progressive', picture().jpeg({ quality: 85, progressive: true }).toBuffer()),
    await jpeg('grey', grey.clone().jpeg().toBuffer()),
    await jpeg('grey progressive', grey.clone().jpeg({ progressive: true }).toBuffer()),
    await jpeg('CMYK', picture().toColourspace('cmyk').jpeg().toBuffer()),
    await jpeg('EXIF', picture().withMetadata({ orientation: 6 }).jpeg().toBuffer()),
    await jpeg('ICC', picture().withIccProfile('p3').jpeg().toBuffer()),
    await jpeg('restart markers', Promise.resolve(fixture('restart.jpg'))),
    await jpeg('arithmetic coded', Promise.resolve(fixture('arithmetic.jpg'))),
    { name: 'PNG', format: 'png', bytes: await picture().png().toBuffer() },
    { name: 'interlaced PNG', format: 'png', bytes: await picture().png({ progressive: true }).toBuffer() },
    {
      name: 'palette PNG',
      format: 'png',
      bytes: await picture().png({ palette: true, colours: 64 }).toBuffer(),
    },
    {
      name: '16-bit PNG with alpha',
      format: 'png',
      bytes: await picture().ensureAlpha(0.5).toColourspace('rgb16').png().toBuffer(),
    },
    { name: 'WebP', format: 'webp', bytes: await picture().webp().toBuffer() },
    { name: 'lossless WebP', format: 'webp', bytes: await picture().webp({ lossless: true }).toBuffer() },
    {
      name: 'WebP with alpha and EXIF',
      format: 'webp',
      bytes: await picture().ensureAlpha(0.5).withMetadata({ orientation: 3 }).webp().toBuffer(),
    },
    { name: 'animated WebP', format: 'webp', bytes: await animatedWebp() },
  ];
}

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
}

async function animatedWebp(): Promise<Buffer> {
  const frames = [1, 2].map((seed) => scenery(width, height, seed));
  const raw = { width, height: height * 2, channels: 3, pageHeight: height } as const;
  return sharp(Buffer.concat(frames), { raw }).webp({ delay: 100 }).toBuffer();
}
