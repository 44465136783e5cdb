import jpeg from '@julusian/jpeg-turbo';
import sharp from 'sharp';
import type { ImageHeader } from './image-header.ts';
import { isHarmless, type TurboJpeg } from './turbo-jpeg.ts';

/** More scans than any encoder writes: files built to cost hours, with a few bytes for each pass over all pixels, end here. */
const maxJpegScans = 100;

/** What decodes JPEGs; without libjpeg-turbo's C interface, its package (`fast`) or libvips (`exact`) does. */
export type JpegDecoder = TurboJpeg | 'fast' | 'exact';

/**
 * Decodes into `target` (RGB, HWC, at least width x height x 3 bytes). Runs in the decode thread.
 *
 * EXIF orientation, colour profiles and transparency are ignored, as `cv2.imread(..., IMREAD_COLOR |
 * IMREAD_IGNORE_ORIENTATION)` does.
 *
 * @throws when the data is broken, truncated, or not of the size that the header announced
 */
export async function decodePixels(
  bytes: Uint8Array,
  header: ImageHeader,
  target: Uint8Array,
  decoder: JpegDecoder,
): Promise<void> {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.format === 'jpeg') checkScans(source);
  if (header.format === 'jpeg' && header.components !== 4 && decoder !== 'exact') {
    const decode = decoder === 'fast' ? decodeFast : decoder;
    if (decode(source, header, target)) return; // where it cannot, libvips has the last word
  }
  await decodeSharp(source, header, target);
}

/** The package does not say why it refuses, and refuses where it only warns. */
function decodeFast(source: Buffer, header: ImageHeader, target: Uint8Array): boolean {
  const out = Buffer.from(target.buffer, target.byteOffset, header.width * header.height * 3);
  try {
    const { width, height } = jpeg.decompressSync(source, out, { format: jpeg.FORMAT_RGB });
    return width === header.width && height === header.height;
  } catch {
    return false;
  }
}

async function decodeSharp(source: Buffer, header: ImageHeader, target: Uint8Array): Promise<void> {
  const { width, height } = header;
  const warnings: string[] = [];
  const input = sharp(source, {
    failOn: 'error',
    limitInputPixels: width * height,
    ignoreIcc: true,
    autoOrient: false,
    pages: 1,
  });
  input.on('warning', (warning: unknown) => warnings.push(String(warning)));
  const cmyk = header.components === 4;
  const plain = header.format === 'jpeg' && header.components === 3;
  // 'cmyk' for both leaves the ink values as they are stored; they are turned into RGB as OpenCV does. The pixels of a colour
  // JPEG are as they should be: to ask for that again costs a fifth of the time.
  const pipeline = cmyk
    ? input.pipelineColourspace('cmyk').toColourspace('cmyk')
    : plain
      ? input
      : input.removeAlpha().toColourspace('srgb');
  const { data, info } = await pipeline.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  if (info.width !== width || info.height !== height || info.channels !== (cmyk ? 4 : 3)) {
    throw new Error(
      `Expected ${width}x${height} as in the header, decoded ${info.width}x${info.height}x${info.channels}`,
    );
  }
  // Sharp hands out what libvips warned of in the whole process: it may be of a JPEG that another thread decodes.
  const isJpeg = header.format === 'jpeg';
  const broken = warnings.find(
    (warning) => isJpeg && /corrupt jpeg data/i.test(warning) && !isHarmless(warning),
  );
  if (broken !== undefined) throw new Error(broken.trim());
  if (cmyk) writeCmyk(data, target, width * height);
  else target.set(data);
}

/** @see https://github.com/opencv/opencv icvCvt_CMYK2BGR_8u_C4C3R in modules/imgcodecs/src/utils.cpp */
function writeCmyk(data: Uint8Array, target: Uint8Array, pixels: number): void {
  for (let i = 0, o = 0; i < pixels * 4; i += 4, o += 3) {
    const k = 255 - (data[i + 3] as number);
    target[o] = k - (((data[i] as number) * k) >> 8);
    target[o + 1] = k - (((data[i + 1] as number) * k) >> 8);
    target[o + 2] = k - (((data[i + 2] as number) * k) >> 8);
  }
}

/** @throws when a JPEG has more scans than {@link maxJpegScans} */
function checkScans(source: Buffer): void {
  const startOfScan = Buffer.from([0xff, 0xda]);
  let scans = 0;
  for (let at = source.indexOf(startOfScan); at !== -1; at = source.indexOf(startOfScan, at + 2)) {
    scans += 1;
    if (scans > maxJpegScans) throw new Error(`Expected at most ${maxJpegScans} scans in a JPEG`);
  }
}
