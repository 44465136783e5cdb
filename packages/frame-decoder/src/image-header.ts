import { readFrame } from './jpeg-frame.ts';
import { findMarker, isFrameHeader, segmentEnd, standsAlone } from './jpeg-markers.ts';

/** The formats that cameras send and that are decoded; every other one is refused by its first bytes. */
type ImageFormat = 'jpeg' | 'png' | 'webp';

/** The header, read without decoding. */
export interface ImageHeader {
  readonly format: ImageFormat;
  /** Pixels, as stored (EXIF orientation ignored). */
  readonly width: number;
  readonly height: number;
  /** JPEG: number of components (1 grey, 3 YCbCr or RGB, 4 CMYK or YCCK); 0 for the other formats. */
  readonly components: number;
}

/**
 * Most marker segments, and stray or fill bytes before each, in a sound JPEG: bounds the time on the event
 * loop.
 */
const maxJpegSegments = 4096;
const maxStrayBytes = 65_536;

/** The format by its magic bytes, or `null`. */
export function sniffFormat(bytes: Uint8Array): ImageFormat | null {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  if (ascii(bytes, 0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  if (ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 4) === 'WEBP') return 'webp';
  return null;
}

/** The header, or `null` if it is broken or cut off (a size of 0 counts as broken). */
export function readImageHeader(bytes: Uint8Array, format: ImageFormat): ImageHeader | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header =
    format === 'jpeg' ? readJpeg(bytes) : format === 'png' ? readPng(bytes, view) : readWebp(bytes, view);
  return header === null || header.width === 0 || header.height === 0 ? null : header;
}

const headerOf = (format: ImageFormat, width: number, height: number, components = 0): ImageHeader => ({
  format,
  width,
  height,
  components,
});

function ascii(bytes: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(offset, offset + length));
}

/**
 * Walks the marker segments up to the first SOF. Like libjpeg, skips stray bytes between them.
 *
 * @see ITU-T T.81, B.1.1 and B.2.2
 */
function readJpeg(bytes: Uint8Array): ImageHeader | null {
  let at = 2;
  for (let step = 0; step < maxJpegSegments; step++) {
    const code = findMarker(bytes, at, Math.min(bytes.length, at + maxStrayBytes));
    const marker = bytes[code] ?? 0;
    const isSegment = marker >= 0xc0 && marker !== 0xd8 && marker !== 0xd9 && marker !== 0xda;
    if (isFrameHeader(marker)) {
      const frame = readFrame(bytes, code);
      return frame === null ? null : headerOf('jpeg', frame.width, frame.height, frame.components.length);
    }
    if (standsAlone(marker)) at = code + 1;
    else if (isSegment) at = segmentEnd(bytes, code);
    else return null;
  }
  return null;
}

/** @see https://www.w3.org/TR/png-3/#11IHDR */
function readPng(bytes: Uint8Array, view: DataView): ImageHeader | null {
  if (view.byteLength < 33 || ascii(bytes, 12, 4) !== 'IHDR') return null;
  return headerOf('png', view.getUint32(16), view.getUint32(20));
}

/** @see https://developers.google.com/speed/webp/docs/riff_container */
function readWebp(bytes: Uint8Array, view: DataView): ImageHeader | null {
  if (view.byteLength < 30) return null;
  switch (ascii(bytes, 12, 4)) {
    case 'VP8 ':
      if (ascii(bytes, 23, 3) !== '\x9d\x01\x2a') return null;
      return headerOf('webp', view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
    case 'VP8L': {
      if (view.getUint8(20) !== 0x2f) return null;
      const bits = view.getUint32(21, true);
      return headerOf('webp', (bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
    }
    case 'VP8X':
      return headerOf(
        'webp',
        (view.getUint32(24, true) & 0xffffff) + 1,
        (view.getUint32(26, true) >>> 8) + 1,
      );
    default:
      return null;
  }
}
