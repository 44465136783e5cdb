import { type BlockReader, CoefficientHistory, createBlockReader } from './jpeg-blocks.ts';
import { isOnlyScan, type JpegFrame, readFrame, readScan } from './jpeg-frame.ts';
import { BitReader, HuffmanTables } from './jpeg-huffman.ts';
import {
  findMarker,
  isFrameHeader,
  isKnown,
  isRestart,
  markerCode,
  segmentEnd,
  standsAlone,
  uint16,
} from './jpeg-markers.ts';

/**
 * Most MCUs to read in all scans: a few more than an honest picture of 33 megapixels has. Bounds the time to
 * seconds.
 */
const maxMcus = 12_000_000;

/** This many equal bytes are no data. */
const fillingBytes = 16;

/**
 * Mends, in place, a prepared JPEG that libjpeg complains of, if every MCU is there. Bytes before restart
 * markers and after scans that no MCU needs become fill bytes. A single scan ends with an end marker.
 *
 * libjpeg reports only its first complaint. It may be about such bytes, while a later one would be about lost
 * pixels. So this function reads the Huffman codes, counts MCUs, and finds where each restart interval really
 * ends. After the mending, libjpeg complains only of damage.
 *
 * @returns `broken` if an MCU is missing or broken, `unknown` if the coding is not Huffman's
 */
export function mendJpeg(bytes: Uint8Array): 'whole' | 'broken' | 'unknown' {
  const tables = new HuffmanTables();
  const history = new CoefficientHistory();
  let frame: JpegFrame | null = null;
  let interval = 0;
  let at = 2;
  let lastScanEnd = -1;
  let mcus = 0;
  for (;;) {
    const code = findMarker(bytes, at);
    const marker = bytes[code] ?? markerCode.endOfImage;
    if (code !== -1 && marker === markerCode.endOfImage) return lastScanEnd === -1 ? 'broken' : 'whole';
    const end = standsAlone(marker) ? code + 1 : segmentEnd(bytes, code);
    if (code === -1 || end > bytes.length || !isKnown(marker)) return 'broken';
    at = end;
    if (marker === markerCode.huffmanTables && !tables.define(bytes.subarray(code + 3, end))) return 'broken';
    if (marker === markerCode.restartInterval) interval = uint16(bytes, code + 3);
    if (isFrameHeader(marker)) frame ??= readFrame(bytes, code);
    if (marker !== markerCode.startOfScan) continue;

    const scan = frame === null ? null : readScan(bytes, code, frame);
    if (frame?.coding === 'other') return 'unknown';
    if (frame === null || scan === null) return 'broken';
    const bits = new BitReader(bytes, scan.dataAt);
    const blocks = createBlockReader(frame, scan, tables, bits, history);
    mcus += blocks?.mcus ?? 0;
    if (blocks === null || mcus > maxMcus || !mendScan(bytes, bits, blocks, interval)) return 'broken';
    lastScanEnd = bits.end();
    if (isFilled(bytes, lastScanEnd)) return 'broken';
    if (isOnlyScan(frame, scan)) {
      bytes.set([0xff, markerCode.endOfImage], lastScanEnd); // nothing behind it says anything of the pixels
      return 'whole';
    }
    at = lastScanEnd;
    let next = findMarker(bytes, at);
    while (standsAlone(bytes[next] ?? 0)) next = findMarker(bytes, next + 1);
    if (next !== -1) bytes.fill(0xff, at, next);
  }
}

/** Reads the MCUs of a scan and mends the bytes before its restart markers. False if an MCU is missing. */
function mendScan(bytes: Uint8Array, bits: BitReader, blocks: BlockReader, interval: number): boolean {
  let restarts = 0;
  for (let mcu = 0; mcu < blocks.mcus; mcu++) {
    if (interval > 0 && mcu > 0 && mcu % interval === 0) {
      const next = mendRestart(bytes, bits.end(), restarts & 7);
      if (next === -1) return false;
      bits.restart(next);
      blocks.restart();
      restarts += 1;
    }
    if (!blocks.readMcu(mcu) || bits.isExhausted) return false;
  }
  return true;
}

/**
 * Fills up to the restart marker and returns the position after it, or -1 if libjpeg would lose pixels. libjpeg
 * skips what is no marker, and numbers one or two behind the expected one. It takes numbers three to five off
 * for the expected one.
 *
 * @see https://github.com/libjpeg-turbo/libjpeg-turbo/blob/main/src/jdmarker.c jpeg_resync_to_restart
 */
function mendRestart(bytes: Uint8Array, from: number, expected: number): number {
  if (isFilled(bytes, from)) return -1;
  let code = findMarker(bytes, from);
  while (code !== -1) {
    const marker = bytes[code] ?? 0;
    const ahead = (marker - markerCode.firstRestart - expected) & 7;
    const isSkipped = isRestart(marker) ? ahead >= 6 : marker < 0xc0;
    if (!isSkipped) {
      if (!isRestart(marker) || ahead === 1 || ahead === 2) return -1;
      bytes.fill(0xff, from, code);
      bytes[code] = markerCode.firstRestart + expected;
      return code + 1;
    }
    code = findMarker(bytes, code + 1);
  }
  return -1;
}

/**
 * Whether the same byte fills both sides of the end of the data: lost data that was filled up. Most fillings
 * read as Huffman codes, but no encoder writes so many equal bytes and then the same as padding.
 */
function isFilled(bytes: Uint8Array, end: number): boolean {
  return bytes.subarray(Math.max(0, end - fillingBytes), end).every((value) => value === bytes[end]);
}
