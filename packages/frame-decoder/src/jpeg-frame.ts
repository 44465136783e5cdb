import { segmentEnd, uint16 } from './jpeg-markers.ts';

/** A frame header (SOFn). @see ITU-T T.81, B.2.2 */
export interface JpegFrame {
  /** `other`: arithmetic coded, lossless or hierarchical. */
  readonly coding: 'sequential' | 'progressive' | 'other';
  readonly isProgressive: boolean;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly components: readonly JpegComponent[];
}

interface JpegComponent {
  readonly id: number;
  /** Sampling factors, 1..4. */
  readonly horizontal: number;
  readonly vertical: number;
}

/** A scan header (SOS). @see ITU-T T.81, B.2.3 */
export interface JpegScan {
  readonly components: readonly ScanComponent[];
  /** The first and the last coefficient, 0..63, in zigzag order. */
  readonly first: number;
  readonly last: number;
  /** Successive approximation: the previous bit, 0 in a first scan, and this scan's bit, 0 for full precision. */
  readonly high: number;
  readonly low: number;
  /** Start of the entropy-coded data. */
  readonly dataAt: number;
}

interface ScanComponent {
  /** In the frame's components. */
  readonly index: number;
  /** Numbers of the Huffman tables, 0..3. */
  readonly dcTable: number;
  readonly acTable: number;
}

/** The frame header whose marker's code lies at `code`, or `null` if it is malformed. */
export function readFrame(bytes: Uint8Array, code: number): JpegFrame | null {
  const marker = bytes[code] ?? 0;
  const count = bytes[code + 8] ?? 0;
  if (segmentEnd(bytes, code) > bytes.length || uint16(bytes, code + 1) !== 8 + 3 * count) return null;
  const components = Array.from({ length: count }, (_, i): JpegComponent => {
    const at = code + 9 + 3 * i;
    const factors = bytes[at + 1] ?? 0;
    return { id: bytes[at] ?? 0, horizontal: factors >> 4, vertical: factors & 15 };
  });
  const isSound = ({ horizontal, vertical }: JpegComponent): boolean =>
    horizontal >= 1 && horizontal <= 4 && vertical >= 1 && vertical <= 4;
  const [height, width] = [uint16(bytes, code + 4), uint16(bytes, code + 6)];
  if (count === 0 || count > 4 || height === 0 || width === 0 || !components.every(isSound)) return null;
  return {
    coding: marker === 0xc2 ? 'progressive' : marker === 0xc0 || marker === 0xc1 ? 'sequential' : 'other',
    isProgressive: marker === 0xc2 || marker === 0xca,
    width,
    height,
    components,
  };
}

/** The scan header whose marker's code lies at `code`, or `null` if it is malformed. */
export function readScan(bytes: Uint8Array, code: number, frame: JpegFrame): JpegScan | null {
  const count = bytes[code + 3] ?? 0;
  const dataAt = segmentEnd(bytes, code);
  if (dataAt > bytes.length || uint16(bytes, code + 1) !== 6 + 2 * count) return null;
  const components = Array.from({ length: count }, (_, i): ScanComponent => {
    const at = code + 4 + 2 * i;
    const tables = bytes[at + 1] ?? 0;
    const index = frame.components.findIndex(({ id }) => id === bytes[at]);
    return { index, dcTable: tables >> 4, acTable: tables & 15 };
  });
  const [first, last, precision] = [bytes[dataAt - 3] ?? 0, bytes[dataAt - 2] ?? 0, bytes[dataAt - 1] ?? 0];
  if (count === 0 || count > 4 || first > 63 || last > 63 || last < first) return null;
  if (components.some(({ index, dcTable, acTable }) => index === -1 || dcTable > 3 || acTable > 3))
    return null;
  return { components, first, last, high: precision >> 4, low: precision & 15, dataAt };
}

/** Whether this is the only scan: libjpeg then accepts no other. */
export function isOnlyScan(frame: JpegFrame, scan: JpegScan): boolean {
  return !frame.isProgressive && scan.components.length === frame.components.length;
}
