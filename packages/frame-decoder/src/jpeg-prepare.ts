import { isOnlyScan, type JpegFrame, type JpegScan, readFrame, readScan } from './jpeg-frame.ts';
import {
  findMarker,
  findScanEnd,
  isFrameHeader,
  markerCode,
  segmentEnd,
  standsAlone,
} from './jpeg-markers.ts';

/** Bytes of room that {@link prepareJpeg} needs behind the file. */
export const spareBytes = 2;

/** More scans than any encoder writes: files built to cost hours, with a few bytes for each pass over all pixels, end here. */
const maxJpegScans = 100;

/**
 * Readies a JPEG for its decoder, in place, and gives the bytes to decode. `room` is the file and {@link spareBytes} more.
 *
 * - An end marker (EOI) goes behind the file. Where the file's own is missing, libjpeg then complains of missing pixels only,
 *   not of a missing marker. Arithmetic decoders never complain of missing pixels, so their files stay as they are.
 * - Stray bytes between the header's segments become fill bytes, of which nobody complains.
 *
 * @throws where there are more scans than {@link maxJpegScans}, or some are missing
 */
export function prepareJpeg(room: Uint8Array): Uint8Array {
  room.set([0xff, markerCode.endOfImage], room.length - spareBytes);
  const frame = walkScans(room, false);
  return frame === null || frame.coding === 'other' ? room.subarray(0, room.length - spareBytes) : room;
}

/**
 * Counts the scans behind an only one as well. libjpeg-turbo refuses them, libvips does not.
 *
 * @throws where there are more than {@link maxJpegScans}
 */
export function checkAllScans(bytes: Uint8Array): void {
  walkScans(bytes, true);
}

/** Walks the segments to the end marker, or only to the data of the only scan: what lies behind then costs no time. */
function walkScans(bytes: Uint8Array, isThrough: boolean): JpegFrame | null {
  const seen = new SeenScans();
  let frame: JpegFrame | null = null;
  let at = 2;
  for (;;) {
    const code = findMarker(bytes, at);
    const marker = bytes[code] ?? markerCode.endOfImage;
    if (code !== -1) bytes.fill(0xff, at, code);
    if (marker === markerCode.endOfImage || marker === markerCode.startOfImage) break;
    if (standsAlone(marker)) {
      at = code + 1;
      continue;
    }
    at = segmentEnd(bytes, code);
    if (isFrameHeader(marker)) frame ??= readFrame(bytes, code);
    if (marker !== markerCode.startOfScan) continue;
    const scan = frame === null ? null : readScan(bytes, code, frame);
    seen.count(scan);
    if (!isThrough && frame !== null && scan !== null && isOnlyScan(frame, scan)) break;
    at = findScanEnd(bytes, at) - 1;
    if (at < 0) break;
  }
  if (frame !== null) seen.expectAll(frame);
  return frame;
}

/** Which coefficients of which components came, and in which precision. */
class SeenScans {
  #scans = 0;
  /** The lowest bit that came, [component][coefficient], 255 for none. */
  readonly #lowest = new Uint8Array(4 * 64).fill(255);

  /** @throws where it is one too many */
  count(scan: JpegScan | null): void {
    this.#scans += 1;
    if (this.#scans > maxJpegScans) throw new Error(`Expected at most ${maxJpegScans} scans in a JPEG`);
    for (const { index } of scan?.components ?? [])
      this.#lowest.fill(scan?.low ?? 0, index * 64 + (scan?.first ?? 0), index * 64 + (scan?.last ?? 0) + 1);
  }

  /**
   * A multi-scan picture whose end is lost decodes without a complaint, coarse or without colours.
   *
   * @throws where a component is missing, or one of a progressive picture is not there in full precision
   */
  expectAll({ components, isProgressive }: JpegFrame): void {
    if (this.#scans === 0) return;
    const missing = components.findIndex((_, index) => {
      const lowest = this.#lowest.subarray(index * 64, index * 64 + (isProgressive ? 64 : 1));
      return lowest.some((bit) => bit !== 0);
    });
    if (missing !== -1) throw new Error(`Scans of component ${missing + 1} are missing`);
  }
}
