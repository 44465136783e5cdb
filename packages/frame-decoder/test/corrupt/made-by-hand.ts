import { crc32 } from 'node:zlib';
import { segment } from './valid-pictures.ts';

export type PngChunk = readonly [name: string, content: Buffer];

/** An RGB PNG of 8 bits with these chunks between its header and its end, checksums right. */
export function png(width: number, height: number, chunks: readonly PngChunk[]): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const all: PngChunk[] = [['IHDR', header], ...chunks, ['IEND', Buffer.alloc(0)]];
  const written = all.map(([name, content]) => {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), content]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(content.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  });
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...written]);
}

/** A Huffman table with one code, the bit 0, for `symbol`. */
function oneCode(tableClass: number, symbol: number): Buffer {
  return segment(0xc4, Buffer.from([tableClass, 1, ...Array(15).fill(0), symbol]));
}

/**
 * A grey JPEG that is nothing but scans: each says with a few bytes that every block stays as it is, and costs a pass over
 * all of them. @see ITU-T T.81, G.1.2.2 (end-of-band runs) and B.2.3
 */
export function scanBomb(
  width: number,
  height: number,
  scans: number,
  kind: 'progressive' | 'sequential' = 'progressive',
): Buffer {
  const size = Buffer.from([8, 0, 0, 0, 0, 1, 1, 0x11, 0]);
  size.writeUInt16BE(height, 1);
  size.writeUInt16BE(width, 3);
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const scan = (from: number, to: number, bits: number): Buffer =>
    Buffer.concat([segment(0xda, Buffer.from([1, 1, 0, from, to, 0])), Buffer.alloc(Math.ceil(bits / 8))]);
  const head = [
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, Buffer.alloc(65, 1).fill(0, 0, 1)),
    segment(kind === 'progressive' ? 0xc2 : 0xc0, size),
    oneCode(0, 0),
    oneCode(0x10, kind === 'progressive' ? 0xe0 : 0),
  ];
  const first = kind === 'progressive' ? scan(0, 0, blocks) : scan(0, 63, 2 * blocks);
  // A run of 2^14 blocks: the code, and 14 bits.
  const next = kind === 'progressive' ? scan(1, 63, 15 * Math.ceil(blocks / 2 ** 14)) : first;
  return Buffer.concat([...head, first, ...Array(scans - 1).fill(next), Buffer.from([0xff, 0xd9])]);
}

/** Inserts bytes before the first scan header. */
export function beforeScan(jpeg: Buffer, inserted: Buffer): Buffer {
  const at = jpeg.indexOf(Buffer.from([0xff, 0xda]));
  return Buffer.concat([jpeg.subarray(0, at), inserted, jpeg.subarray(at)]);
}

/** With bytes before the end marker, as some cameras write them. */
export function padded(jpeg: Buffer): Buffer {
  return Buffer.concat([jpeg.subarray(0, -2), Buffer.alloc(40), jpeg.subarray(-2)]);
}
