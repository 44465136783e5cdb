import jpeg from '@julusian/jpeg-turbo';
import { bufferOf } from '@trinetra/contracts';
import sharp from 'sharp';
import type { ImageHeader } from './image-header.ts';
import { mendJpeg } from './jpeg-mend.ts';
import { checkAllScans, prepareJpeg, spareBytes } from './jpeg-prepare.ts';
import type { TurboJpeg } from './turbo-jpeg.ts';

/** Decodes JPEGs. Without libjpeg-turbo's C interface, its package (`fast`) or libvips (`exact`) does. */
export type JpegDecoder = TurboJpeg | 'fast' | 'exact';

/**
 * Decodes into `target` (RGB, HWC, at least width x height x 3 bytes). Runs in the decode thread. `room` is the
 * encoded frame and {@link spareBytes} more. A JPEG is changed in place.
 *
 * EXIF orientation, colour profiles and transparency are ignored, as `cv2.imread(..., IMREAD_COLOR |
 * IMREAD_IGNORE_ORIENTATION)` does.
 *
 * @throws if the data is broken, cut, or of another size than the header says
 */
export async function decodePixels(
  room: Uint8Array,
  header: ImageHeader,
  target: Uint8Array,
  decoder: JpegDecoder,
): Promise<void> {
  if (header.format !== 'jpeg') {
    await decodeSharp(room.subarray(0, room.length - spareBytes), header, target);
    return;
  }
  const source = prepareJpeg(room);
  if (header.components !== 4 && decoder !== 'exact') {
    const decode = decoder === 'fast' ? decodeFast : decoder;
    if (decodeMending(source, header, target, decode)) return;
  }
  // libvips decodes what libjpeg-turbo cannot. It does not report every problem, so count the MCUs first.
  checkAllScans(source);
  const state = mendJpeg(source);
  if (state === 'broken') throw new Error('Some of its blocks are missing or broken');
  const warnings = await decodeSharp(source, header, target);
  const complaint = warnings.find((warning) => /corrupt jpeg data/i.test(warning));
  if (state === 'unknown' && complaint !== undefined) throw new Error(complaint.trim());
}

/** Checks a picture closely only if libjpeg-turbo complains, and decodes it again if every pixel is there. */
function decodeMending(
  source: Uint8Array,
  header: ImageHeader,
  target: Uint8Array,
  decode: TurboJpeg,
): boolean {
  try {
    return decode(source, header, target);
  } catch (error) {
    const state = mendJpeg(source);
    if (state === 'whole') return decode(source, header, target);
    // The end of arithmetic coding is unknown, and bytes before the end marker are no loss.
    if (state === 'unknown' && /extraneous bytes before marker 0xd9/i.test(String(error))) return true;
    throw error;
  }
}

/** The package does not say why it refuses, and refuses even on a warning. */
function decodeFast(bytes: Uint8Array, header: ImageHeader, target: Uint8Array): boolean {
  const source = bufferOf(bytes);
  const out = Buffer.from(target.buffer, target.byteOffset, header.width * header.height * 3);
  try {
    const { width, height } = jpeg.decompressSync(source, out, { format: jpeg.FORMAT_RGB });
    return width === header.width && height === header.height;
  } catch {
    return false;
  }
}

/** @returns libvips' warnings meanwhile, of the whole process: one may be about a JPEG of another thread */
async function decodeSharp(
  bytes: Uint8Array,
  header: ImageHeader,
  target: Uint8Array,
): Promise<readonly string[]> {
  const source = bufferOf(bytes);
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
  // 'cmyk' for both keeps the stored ink values, which become RGB as in OpenCV. The pixels of a colour JPEG are
  // right already: converting them again would cost a fifth of the time.
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
  if (cmyk) writeCmyk(data, target, width * height);
  else target.set(data);
  return warnings;
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
