/** Codes of the markers that matter here. @see ITU-T T.81, table B.1 */
export const markerCode = {
  huffmanTables: 0xc4,
  firstRestart: 0xd0,
  lastRestart: 0xd7,
  startOfImage: 0xd8,
  endOfImage: 0xd9,
  startOfScan: 0xda,
  restartInterval: 0xdd,
} as const;

/**
 * The index of the code (the byte behind 0xff) of the next marker, or -1 if there is none before `to`. As in
 * libjpeg, any
 * bytes may lie before a marker: fill bytes 0xff belong there (T.81, B.1.1.2), and others are skipped.
 */
export function findMarker(bytes: Uint8Array, from: number, to: number = bytes.length): number {
  let at = from;
  while (at + 1 < to) {
    if (bytes[at] !== 0xff) {
      at = bytes.indexOf(0xff, at);
      if (at === -1) return -1;
    } else if (bytes[at + 1] === 0xff) at += 1;
    else if (bytes[at + 1] === 0) at += 2;
    else return at + 1;
  }
  return -1;
}

/** The end of a scan's data: {@link findMarker}, past restart markers and meaningless codes. */
export function findScanEnd(bytes: Uint8Array, from: number): number {
  let code = findMarker(bytes, from);
  while (code !== -1 && ((bytes[code] ?? 0) < 0xc0 || isRestart(bytes[code] ?? 0)))
    code = findMarker(bytes, code + 1);
  return code;
}

export function isRestart(code: number): boolean {
  return code >= markerCode.firstRestart && code <= markerCode.lastRestart;
}

/** Whether no segment follows the marker: RSTn and TEM. */
export function standsAlone(code: number): boolean {
  return isRestart(code) || code === 0x01;
}

/** Whether libjpeg continues after the marker: not for SOI, JPG, DHP, EXP, JPGn and codes that are no marker. */
export function isKnown(code: number): boolean {
  if (code < 0xc0) return code === 0x01;
  const isUnsupported = code === 0xc8 || code === 0xde || code === 0xdf || (code >= 0xf0 && code <= 0xfd);
  return !isUnsupported && code !== markerCode.startOfImage;
}

/** Whether the marker begins a frame header (SOFn). */
export function isFrameHeader(code: number): boolean {
  return code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc;
}

/**
 * End of the segment of the marker at `code`; past the last byte if it is cut. Like libjpeg, reads a length of
 * 0 as 2.
 */
export function segmentEnd(bytes: Uint8Array, code: number): number {
  return code + 1 + Math.max(2, uint16(bytes, code + 1));
}

/** Big endian; 0 beyond the end. */
export function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
