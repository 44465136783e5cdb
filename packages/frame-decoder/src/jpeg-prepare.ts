import { isOnlyScan, type JpegFrame, type JpegScan, readFrame, readScan } from './jpeg-frame.ts';
import {
  findMarker,
  findScanEnd,
  isFrameHeader,
  markerCode,
  segmentEnd,
  standsAlone,
} from './jpeg-markers.ts';

/** Room that {@link prepareJpeg} needs after the file, bytes. */
export const spareBytes = 2;

/**
 * More scans than any encoder writes. Stops files built to cost hours, with a few bytes for each pass over all
 * pixels.
 */
const maxJpegScans = 100;

/**
 * Prepares a JPEG for its decoder, in place, and returns the bytes to decode. `room` is the file and {@link
 * spareBytes} more.
 *
 * - It writes an end marker (EOI) after the file. If the file's own is missing, libjpeg then complains only of
 *   missing pixels. Arithmetic decoders never complain of missing pixels, so their files stay as they are.
 * - Stray bytes between the header's segments become fill bytes, which decoders accept.
 *
 * @throws if there are more scans than {@link maxJpegScans}, or some are missing
 */
export function prepareJpeg(room: Uint8Array): Uint8Array {
  room.set([0xff, markerCode.endOfImage], room.length - spareBytes);
  const frame = walkScans(room, false);
  return frame === null || frame.coding === 'other' ? room.subarray(0, room.length - spareBytes) : room;
}

/**
 * Counts the scans after a single one as well. libjpeg-turbo refuses them, libvips does not.
 *
 * @throws if there are more than {@link maxJpegScans}
 */
export function checkAllScans(bytes: Uint8Array): void {
  walkScans(bytes, true);
}

/**
 * Walks the segments to the end marker. Stops at the data of a single scan, so that what follows costs no time.
 */
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

/** The received coefficients of each component, and their precision. */
class SeenScans {
  #scans = 0;
  /** The lowest received bit, [component][coefficient]; 255 for none. */
  readonly #lowest = new Uint8Array(4 * 64).fill(255);

  /** @throws if it is one too many */
  count(scan: JpegScan | null): void {
    this.#scans += 1;
    if (this.#scans > maxJpegScans) throw new Error(`Expected at most ${maxJpegScans} scans in a JPEG`);
    for (const { index } of scan?.components ?? [])
      this.#lowest.fill(scan?.low ?? 0, index * 64 + (scan?.first ?? 0), index * 64 + (scan?.last ?? 0) + 1);
  }

  /**
   * A multi-scan picture whose end is lost decodes without a complaint, coarse or without colours.
   *
   * @throws if a component is missing, or one of a progressive picture is not there in full precision
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
