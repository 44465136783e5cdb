import type { JpegFrame, JpegScan } from './jpeg-frame.ts';
import type { BitReader, HuffmanTable, HuffmanTables } from './jpeg-huffman.ts';

/** Reads the blocks of a scan only to find where they end. */
export interface BlockReader {
  /** The MCUs of the scan; one block each if the scan has one component. */
  readonly mcus: number;
  /** Reads one. False if no code begins like its bits. */
  readMcu(mcu: number): boolean;
  /** Forgets what is left of a run of empty blocks, at a restart marker. */
  restart(): void;
}

/** Coefficients of a progressive picture that are not 0 so far: two words of bits for each component and block. */
export class CoefficientHistory {
  readonly #components: Uint32Array[] = [];

  of(component: number, blocks: number): Uint32Array {
    this.#components[component] ??= new Uint32Array(2 * blocks);
    return this.#components[component];
  }
}

/** @returns `null` if the scan makes no sense or lacks a table */
export function createBlockReader(
  frame: JpegFrame,
  scan: JpegScan,
  tables: HuffmanTables,
  bits: BitReader,
  history: CoefficientHistory,
): BlockReader | null {
  const mcus = countMcus(frame, scan);
  const ofBlock = scan.components.map(({ index, dcTable, acTable }) => {
    const { horizontal, vertical } = frame.components[index] ?? { horizontal: 1, vertical: 1 };
    return {
      dc: tables.get(0, dcTable),
      ac: tables.get(1, acTable),
      count: scan.components.length === 1 ? 1 : horizontal * vertical,
    };
  });
  const blocks = ofBlock.flatMap(({ count, ...its }) => Array<typeof its>(count).fill(its));
  const restart = (): void => {};
  if (frame.coding === 'sequential') {
    const readMcu = (): boolean => blocks.every(({ dc, ac }) => readSequential(bits, dc, ac));
    return { mcus, readMcu, restart };
  }
  if (scan.first === 0) {
    if (scan.last !== 0) return null;
    const readMcu = (): boolean =>
      blocks.every(({ dc }) => (scan.high > 0 ? bits.take(1) >= 0 : readDifference(bits, dc)));
    return { mcus, readMcu, restart };
  }
  const [only] = blocks;
  if (blocks.length !== 1 || only === undefined || only.ac === null) return null;
  return new AcReader(mcus, scan, bits, only.ac, history.of(scan.components[0]?.index ?? 0, mcus));
}

/** @see ITU-T T.81, A.2 */
function countMcus({ width, height, components }: JpegFrame, scan: JpegScan): number {
  const across = Math.max(...components.map(({ horizontal }) => horizontal));
  const down = Math.max(...components.map(({ vertical }) => vertical));
  const only = scan.components.length === 1 ? components[scan.components[0]?.index ?? 0] : undefined;
  if (only === undefined) return Math.ceil(width / (8 * across)) * Math.ceil(height / (8 * down));
  const blocksAcross = Math.ceil((width * only.horizontal) / across / 8);
  return blocksAcross * Math.ceil((height * only.vertical) / down / 8);
}

/** @see ITU-T T.81, F.2.2.1 */
function readDifference(bits: BitReader, dc: HuffmanTable | null): boolean {
  const size = dc === null ? -1 : bits.symbol(dc);
  if (size < 0 || size > 15) return false;
  bits.take(size);
  return true;
}

/** @see ITU-T T.81, F.2.2.2 */
function readSequential(bits: BitReader, dc: HuffmanTable | null, ac: HuffmanTable | null): boolean {
  if (ac === null || !readDifference(bits, dc)) return false;
  for (let k = 1; k < 64; k++) {
    const symbol = bits.symbol(ac);
    if (symbol < 0) return false;
    const size = symbol & 15;
    if (size === 0 && symbol !== 0xf0) break;
    k += symbol >> 4;
    bits.take(size);
  }
  return true;
}

/** The AC scans of a progressive picture. @see ITU-T T.81, G.1.2.2, G.1.2.3 and figures G.3 to G.9 */
class AcReader implements BlockReader {
  readonly mcus: number;
  readonly #scan: JpegScan;
  readonly #bits: BitReader;
  readonly #table: HuffmanTable;
  readonly #nonZero: Uint32Array;
  /** Following blocks that this scan does not change. */
  #emptyBlocks = 0;

  constructor(mcus: number, scan: JpegScan, bits: BitReader, table: HuffmanTable, nonZero: Uint32Array) {
    this.mcus = mcus;
    this.#scan = scan;
    this.#bits = bits;
    this.#table = table;
    this.#nonZero = nonZero;
  }

  restart(): void {
    this.#emptyBlocks = 0;
  }

  readMcu(block: number): boolean {
    return this.#scan.high > 0 ? this.#refine(block) : this.#readFirst(block);
  }

  #readFirst(block: number): boolean {
    if (this.#emptyBlocks > 0) {
      this.#emptyBlocks -= 1;
      return true;
    }
    for (let k = this.#scan.first; k <= this.#scan.last; k++) {
      const symbol = this.#bits.symbol(this.#table);
      if (symbol < 0) return false;
      const run = symbol >> 4;
      const size = symbol & 15;
      if (size === 0 && run < 15) {
        this.#emptyBlocks = this.#runOfBlocks(run) - 1;
        break;
      }
      k += run;
      if (size === 0) continue;
      this.#bits.take(size);
      this.#set(block, k);
    }
    return true;
  }

  #refine(block: number): boolean {
    let k = this.#scan.first;
    while (this.#emptyBlocks === 0 && k <= this.#scan.last) {
      const symbol = this.#bits.symbol(this.#table);
      if (symbol < 0 || (symbol & 15) > 1) return false;
      const run = symbol >> 4;
      const isNew = (symbol & 15) === 1;
      if (!isNew && run < 15) {
        this.#emptyBlocks = this.#runOfBlocks(run);
        break;
      }
      if (isNew) this.#bits.take(1);
      k = this.#correct(block, k, run);
      if (isNew) this.#set(block, k);
      k += 1;
    }
    if (this.#emptyBlocks > 0) {
      if (!this.#isZero(block)) this.#correct(block, k, 64);
      this.#emptyBlocks -= 1;
    }
    return true;
  }

  /** Reads a bit for each coefficient that is not 0, up to the one after `zeros` zeros; returns its index. */
  #correct(block: number, from: number, zeros: number): number {
    let left = zeros;
    for (let k = from; k <= this.#scan.last; k++) {
      if (this.#isSet(block, k)) this.#bits.take(1);
      else if (left === 0) return k;
      else left -= 1;
    }
    return this.#scan.last + 1;
  }

  #runOfBlocks(sizeBits: number): number {
    return (1 << sizeBits) + this.#bits.take(sizeBits);
  }

  #set(block: number, k: number): void {
    const word = 2 * block + ((k >> 5) & 1);
    this.#nonZero[word] = (this.#nonZero[word] ?? 0) | (1 << (k & 31));
  }

  #isZero(block: number): boolean {
    return this.#nonZero[2 * block] === 0 && this.#nonZero[2 * block + 1] === 0;
  }

  #isSet(block: number, k: number): boolean {
    return (((this.#nonZero[2 * block + (k >> 5)] ?? 0) >>> (k & 31)) & 1) === 1;
  }
}
