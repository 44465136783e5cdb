import { deflateSync, gzipSync } from 'node:zlib';
import { Random } from '@trinetra/test-support';
import sharp, { type Sharp } from 'sharp';
import { encode } from '../pictures.ts';
import type { DecodeCase } from './check-case.ts';
import { beforeScan, type PngChunk, padded, png, scanBomb } from './made-by-hand.ts';
import { afterSoi, scenery, segment } from './valid-pictures.ts';

const width = 88;
const height = 72;
const pixels = scenery(width, height);
const mebibyte = 1024 * 1024;
/** 8K pictures are allowed: decoding one is long work for a busy machine. */
const largePictureMs = 30_000;

/** Files that an attacker might send as a frame. Decoding must fetch nothing from `address`. */
export async function hostileFiles(address: string): Promise<DecodeCase[]> {
  const jpeg = await encode(pixels, width, height).jpeg({ quality: 95 }).toBuffer();
  return [
    ...nothingAndNoise(),
    ...otherFormats(address),
    ...(await realOtherFormats()),
    ...(await bombs()),
    ...polyglots(jpeg, address),
    ...oddJpegs(jpeg),
    ...(await unusualButSound()),
  ];
}

function nothingAndNoise(): DecodeCase[] {
  const random = new Random(99);
  const noise = random.bytes(mebibyte);
  const large = Buffer.alloc(50 * mebibyte);
  for (let at = 0; at < large.length; at += noise.length) noise.copy(large, at);
  const allowed = large.subarray(0, 15 * mebibyte);
  const startOfImage = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);
  return [
    { name: 'no bytes', bytes: Buffer.alloc(0), expected: ['empty'] },
    ...[1, 2, 3, 11].map(
      (size): DecodeCase => ({
        name: `${size} zero bytes`,
        bytes: Buffer.alloc(size),
        expected: ['unsupported_format'],
      }),
    ),
    { name: '50 MB of noise', bytes: large, expected: ['too_large'] },
    {
      name: '50 MB that begin as a JPEG',
      bytes: Buffer.concat([startOfImage, large]),
      expected: ['too_large'],
    },
    { name: '15 MB of noise', bytes: allowed, expected: ['unsupported_format'] },
    {
      name: '15 MB that begin as a JPEG',
      bytes: Buffer.concat([startOfImage, allowed]),
      expected: ['corrupt'],
    },
    {
      name: '15 MB of fill bytes',
      bytes: Buffer.alloc(15 * mebibyte, 0xff),
      expected: ['unsupported_format'],
    },
    {
      name: 'a JPEG of fill bytes only',
      bytes: Buffer.concat([startOfImage.subarray(0, 2), Buffer.alloc(15 * mebibyte, 0xff)]),
      expected: ['corrupt'],
    },
  ];
}

/** Files that libvips or a browser would interpret; some would fetch or run code. */
function otherFormats(address: string): DecodeCase[] {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="80" height="80">
<image xlink:href="${address}/svg.png" width="80" height="80"/><script>fetch('${address}/script')</script></svg>`;
  const entity = `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "${address}/entity">]><svg>&x;</svg>`;
  const laughs = `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "${'&a;'.repeat(99)}">]><l>&b;</l>`;
  const texts: [string, string | Buffer][] = [
    ['SVG with an outside picture and a script', svg],
    ['SVG behind a byte order mark', `\ufeff${svg}`],
    ['SVG, compressed', gzipSync(svg)],
    ['XML with an outside entity', entity],
    ['XML that grows', laughs],
    ['HTML', `<!doctype html><img src="${address}/html.png">`],
    [
      'PDF that opens an address',
      `%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/URI/URI(${address}/pdf)>>>>endobj`,
    ],
    [
      'ImageMagick vectors',
      `push graphic-context\nimage over 0,0 0,0 'url:${address}/mvg'\npop graphic-context`,
    ],
    ['PostScript', `%!PS-Adobe-3.0 EPSF-3.0\n(${address}/ps) run`],
    ['a playlist', `#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n${address}/playlist`],
    ['a path', '/etc/passwd'],
    ['an address', `${address}/plain`],
    ['a data address', 'data:image/png;base64,iVBORw0KGgo='],
    ['OpenEXR', Buffer.from([0x76, 0x2f, 0x31, 0x01, 2, 0, 0, 0])],
    ['a libvips file', Buffer.from([0x08, 0xf2, 0xa6, 0xb6, ...Array(60).fill(0)])],
    ['a ZIP', Buffer.from('504b0304140000000000', 'hex')],
    ['an ELF program', Buffer.concat([Buffer.from('7f454c4602010100', 'hex'), Buffer.alloc(100)])],
    ['HEIC', Buffer.concat([Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic'), Buffer.alloc(200)])],
    ['JPEG 2000', Buffer.concat([Buffer.from('0000000c6a5020200d0a870a', 'hex'), Buffer.alloc(100)])],
    ['JPEG XL', Buffer.concat([Buffer.from('ff0a', 'hex'), Buffer.alloc(100)])],
    ['BMP', Buffer.concat([Buffer.from('BM'), Buffer.alloc(200)])],
    ['RIFF that is a WAV', Buffer.concat([Buffer.from('RIFF\x24\0\0\0WAVEfmt '), Buffer.alloc(60)])],
  ];
  return texts.map(([name, content]) => ({
    name,
    bytes: Buffer.from(content),
    expected: ['unsupported_format'],
  }));
}

async function realOtherFormats(): Promise<DecodeCase[]> {
  const picture = (): Sharp => encode(pixels, width, height);
  const made: [string, Promise<Buffer>][] = [
    ['TIFF', picture().tiff().toBuffer()],
    ['GIF', picture().gif().toBuffer()],
    ['AVIF', picture().avif({ effort: 0 }).toBuffer()],
  ];
  return Promise.all(
    made.map(
      async ([name, bytes]): Promise<DecodeCase> => ({
        name,
        bytes: await bytes,
        expected: ['unsupported_format'],
      }),
    ),
  );
}

async function bombs(): Promise<DecodeCase[]> {
  const emptyTable = segment(0xc4, Buffer.alloc(17));
  const jpeg = scanBomb(60_000, 60_000, 1);
  const zeros = Buffer.alloc(256 * mebibyte);
  const compressed = deflateSync(zeros, { level: 9 });
  const text = (name: string): PngChunk => [name, Buffer.concat([Buffer.from('x\0\0'), compressed])];
  const webp = await encode(pixels, width, height).ensureAlpha(0.5).webp().toBuffer();
  const wideWebp = Buffer.from(webp);
  wideWebp.writeUIntLE(59_999, 24, 3);
  wideWebp.writeUIntLE(59_999, 27, 3);
  const side = 5760;
  const rows = deflateSync(Buffer.alloc(side * (side * 3 + 1)), { level: 9 });
  const small = deflateSync(Buffer.alloc(64 * (64 * 3 + 1), 77));
  return [
    { name: 'JPEG of 60000x60000', bytes: jpeg, expected: ['too_many_pixels'] },
    {
      name: 'PNG of 60000x60000',
      bytes: png(60_000, 60_000, [['IDAT', rows]]),
      expected: ['too_many_pixels'],
    },
    { name: 'PNG of 2^31-1 squared', bytes: png(0x7fffffff, 0x7fffffff, []), expected: ['too_many_pixels'] },
    { name: 'WebP of 60000x60000', bytes: wideWebp, expected: ['too_many_pixels'] },
    {
      name: 'PNG of 100 MB in 100 KB, as many pixels as allowed',
      bytes: png(side, side, [['IDAT', rows]]),
      expected: ['black'],
      limitMs: largePictureMs,
    },
    {
      name: 'PNG whose data hold more than its size',
      bytes: png(64, 64, [['IDAT', compressed]]),
      expected: 'either',
    },
    // The pixels do not need the text and the profile, so these must not be inflated whole.
    ...['zTXt', 'iCCP'].map(
      (name): DecodeCase => ({
        name: `PNG with 256 MB in a ${name} chunk`,
        bytes: png(64, 64, [text(name), ['IDAT', small]]),
        expected: ['flat', 'black', 'corrupt'],
      }),
    ),
    {
      name: 'JPEG of 100 scans over as many pixels as allowed',
      bytes: scanBomb(side, side, 100),
      expected: ['flat', 'corrupt'],
      limitMs: largePictureMs,
    },
    {
      name: 'JPEG of 100 scans over as many pixels as allowed, padded',
      bytes: padded(scanBomb(side, side, 100)),
      expected: ['corrupt'],
      limitMs: largePictureMs,
    },
    {
      name: 'JPEG of 700 thousand Huffman tables, padded',
      bytes: padded(beforeScan(scanBomb(64, 64, 1), Buffer.alloc(700_000 * emptyTable.length, emptyTable))),
      expected: ['corrupt'],
    },
    { name: 'JPEG of 101 scans', bytes: scanBomb(640, 640, 101), expected: ['corrupt'] },
    {
      name: 'JPEG of 4000 sequential scans',
      bytes: scanBomb(640, 640, 4000, 'sequential'),
      expected: ['corrupt'],
    },
  ];
}

function polyglots(jpeg: Buffer, address: string): DecodeCase[] {
  const script = Buffer.from(`*/=0;fetch('${address}/polyglot');/*<script src="${address}/x.js"></script>`);
  const xmp = Buffer.from(
    `http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><rdf:li rdf:resource="${address}/xmp"/></x:xmpmeta>`,
  );
  const zip = Buffer.from('504b0506000000000000000000000000000000000000', 'hex');
  const decodes = (name: string, bytes: Buffer): DecodeCase => ({ name, bytes, expected: 'decoded', pixels });
  const refused = (name: string, bytes: Buffer): DecodeCase => ({
    name,
    bytes,
    expected: ['unsupported_format'],
  });
  return [
    decodes('JPEG that is a script as well', afterSoi(jpeg, segment(0xfe, script))),
    decodes('JPEG with XMP that names an address', afterSoi(jpeg, segment(0xe1, xmp))),
    decodes('JPEG that is a ZIP as well', Buffer.concat([jpeg, zip])),
    decodes('JPEG with HTML behind it', Buffer.concat([jpeg, script])),
    decodes('JPEG with another behind it', Buffer.concat([jpeg, jpeg])),
    decodes(
      'JPEG with a thumbnail that is broken',
      afterSoi(jpeg, segment(0xe1, Buffer.from('Exif\0\0II*\0\x08\0\0\0\xff\xff'))),
    ),
    refused('GIF with a JPEG behind it', Buffer.concat([Buffer.from('GIF89a/*'), jpeg])),
    refused('PDF with a JPEG in it', Buffer.concat([Buffer.from('%PDF-1.7\nstream\n'), jpeg])),
    refused('JPEG behind a line end', Buffer.concat([Buffer.from('\n'), jpeg])),
    refused('JPEG in base64', Buffer.from(jpeg.toString('base64'))),
  ];
}

/** Kinds of JPEG that no camera sends, made from a sound one. */
function oddJpegs(jpeg: Buffer): DecodeCase[] {
  const frameHeader = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  const changed = (name: string, offset: number, value: number): DecodeCase => {
    const bytes = Buffer.from(jpeg);
    bytes[frameHeader + offset] = value;
    return { name, bytes, expected: ['corrupt'] };
  };
  const profile = segment(
    0xe2,
    Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01'), Buffer.alloc(60_000, 0x41)]),
  );
  const padding = Array.from({ length: 200 }, () => segment(0xe9, Buffer.alloc(65_000, 0x20)));
  return [
    changed('12 bits a sample', 4, 12),
    changed('a lossless JPEG', 1, 0xc3),
    changed('a hierarchical JPEG', 1, 0xc5),
    changed('no component', 9, 0),
    changed('as high as 0', 6, 0),
    { name: 'a profile of letters', bytes: afterSoi(jpeg, profile), expected: 'decoded', pixels },
    { name: '13 MB of application data', bytes: afterSoi(jpeg, ...padding), expected: 'decoded', pixels },
    {
      name: 'more segments than are read',
      bytes: afterSoi(jpeg, ...Array(5000).fill(segment(0xfe, Buffer.alloc(0)))),
      expected: ['corrupt'],
    },
    {
      name: 'no tables',
      bytes: Buffer.concat([jpeg.subarray(0, 2), jpeg.subarray(frameHeader)]),
      expected: ['corrupt'],
    },
    {
      name: 'no scan',
      bytes: jpeg.subarray(0, jpeg.indexOf(Buffer.from([0xff, 0xda]))),
      expected: ['corrupt'],
    },
  ];
}

/** Rare, and right: they must be decoded, EXIF orientation ignored. */
async function unusualButSound(): Promise<DecodeCase[]> {
  const picture = (): Sharp => encode(pixels, width, height);
  const rotated = await Promise.all(
    Array.from({ length: 8 }, async (_, index): Promise<DecodeCase> => {
      const orientation = index + 1;
      const bytes = await picture().withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
      return { name: `EXIF orientation ${orientation}`, bytes, expected: 'decoded', pixels };
    }),
  );
  const strip = (w: number, h: number): Promise<Buffer> =>
    encode(scenery(w, h), w, h).jpeg({ quality: 95 }).toBuffer();
  const wide = 65_500;
  const one = await sharp(Buffer.from([200, 100, 50]), { raw: { width: 1, height: 1, channels: 3 } })
    .jpeg()
    .toBuffer();
  return [
    ...rotated,
    {
      name: 'progressive',
      bytes: await picture().jpeg({ quality: 95, progressive: true }).toBuffer(),
      expected: 'decoded',
      pixels,
    },
    { name: 'one row', bytes: await strip(wide, 1), expected: 'decoded', limitMs: largePictureMs },
    { name: 'one column', bytes: await strip(1, wide), expected: 'decoded', limitMs: largePictureMs },
    { name: 'one pixel', bytes: one, expected: ['flat'] },
  ];
}
