import { crc32 } from 'node:zlib';
import { Random } from '@trinetra/test-support';
import type { ValidPicture } from './valid-pictures.ts';

/** A generated file. */
export interface BrokenPicture {
  /** What was done to what; with the seed it names the case. */
  readonly name: string;
  readonly bytes: Buffer;
  /** If it is a prefix of a JPEG or WebP, the whole: it is refused, or every pixel is there. */
  readonly cutFrom: Buffer | undefined;
}

type Mutate = (
  bytes: Buffer,
  random: Random,
  picture: ValidPicture,
  others: readonly ValidPicture[],
) => Buffer;

/** Places where a structure begins: markers of a JPEG, chunks of PNG and WebP. */
function structureOf({ bytes, format }: Pick<ValidPicture, 'bytes' | 'format'>): number[] {
  const places: number[] = [];
  if (format === 'jpeg') {
    for (let at = bytes.indexOf(0xff); at !== -1 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
      if (bytes[at + 1] !== 0 && bytes[at + 1] !== 0xff) places.push(at);
    }
    return places;
  }
  for (let at = format === 'png' ? 8 : 12; at + 8 <= bytes.length; ) {
    places.push(at);
    at += format === 'png' ? bytes.readUInt32BE(at) + 12 : 8 + ((bytes.readUInt32LE(at + 4) + 1) & ~1);
  }
  return places;
}

function headerLength({ bytes, format }: ValidPicture): number {
  return format === 'jpeg' ? bytes.indexOf(Buffer.from([0xff, 0xda])) + 14 : format === 'png' ? 57 : 40;
}

function rangeOf(random: Random, bytes: Buffer): [number, number] {
  const from = random.int(2, bytes.length - 1);
  return [from, Math.min(bytes.length, from + random.int(1, random.pick([2, 16, 200, 3000])))];
}

function flip(bytes: Buffer, random: Random, from: number, to: number): Buffer {
  const out = Buffer.from(bytes);
  for (let left = random.int(1, random.pick([1, 4, 40])); left > 0; left--) {
    const at = random.int(Math.min(from, out.length - 1), Math.min(to, out.length) - 1);
    out[at] = (out[at] ?? 0) ^ (1 << random.int(0, 7));
  }
  return out;
}

const lengths = [0, 1, 2, 3, 255, 4096, 65_535] as const;
const sides = [0, 1, 2, 7, 8, 9, 71, 73, 89, 640, 5760, 16_383, 60_000, 65_535] as const;

const cuts: Record<string, Mutate> = {
  'cut anywhere': (bytes, random) => bytes.subarray(0, random.int(0, bytes.length - 1)),
  'cut in the header': (bytes, random, picture) =>
    bytes.subarray(0, random.int(0, Math.min(bytes.length - 1, headerLength(picture)))),
  'cut at a structure': (bytes, random, picture) => {
    const at = random.pick(structureOf(picture)) + random.int(-1, 5);
    return bytes.subarray(0, Math.max(0, Math.min(at, bytes.length - 1)));
  },
  'cut off the end': (bytes, random) => bytes.subarray(0, bytes.length - random.int(1, 24)),
};

const changes: Record<string, Mutate> = {
  'bits flipped in the header': (bytes, random, picture) => flip(bytes, random, 2, headerLength(picture)),
  'bits flipped in the data': (bytes, random, picture) =>
    flip(bytes, random, headerLength(picture), bytes.length),
  'bits flipped anywhere': (bytes, random) => flip(bytes, random, 0, bytes.length),
  'a range removed': (bytes, random) => {
    const [from, to] = rangeOf(random, bytes);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  'a range repeated': (bytes, random) => {
    const [from, to] = rangeOf(random, bytes);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  'two ranges swapped': (bytes, random) => {
    const [a, b] = [random.int(2, bytes.length >> 1), random.int((bytes.length >> 1) + 1, bytes.length)];
    const size = random.int(1, Math.max(1, Math.min(b - a, bytes.length - b, 300)));
    const out = Buffer.from(bytes);
    bytes.copy(out, a, b, b + size);
    bytes.copy(out, b, a, Math.min(a + size, b));
    return out;
  },
  'a range overwritten': (bytes, random) => {
    const [from, to] = rangeOf(random, bytes);
    const out = Buffer.from(bytes);
    return random.int(0, 1) === 0
      ? out.fill(random.pick([0, 0xff, 0xd9, 0xda]), from, to)
      : out.fill(random.bytes(to - from), from, to);
  },
  'zeros to the end': (bytes, random) => Buffer.from(bytes).fill(0, random.int(0, bytes.length)),
  'noise inserted': (bytes, random) => {
    const at = random.int(0, bytes.length);
    return Buffer.concat([bytes.subarray(0, at), random.bytes(random.int(1, 400)), bytes.subarray(at)]);
  },
  'the tail of another': (bytes, random, _, others) => {
    const other = random.pick(others).bytes;
    return Buffer.concat([
      bytes.subarray(0, random.int(2, bytes.length)),
      other.subarray(random.int(0, other.length)),
    ]);
  },
};

const jpegChanges: Record<string, Mutate> = {
  'a marker changed': (bytes, random, picture) => {
    const out = Buffer.from(bytes);
    out[random.pick(structureOf(picture)) + 1] = random.int(0xc0, 0xff);
    return out;
  },
  'a marker inserted': (bytes, random) => {
    const at = random.int(2, bytes.length);
    const marker = Buffer.from([0xff, random.int(0xc0, 0xff), 0, random.pick([0, 2, 8, 12]), 1, 2, 3]);
    return Buffer.concat([bytes.subarray(0, at), marker.subarray(0, random.int(2, 7)), bytes.subarray(at)]);
  },
  'a wrong segment length': (bytes, random, picture) => {
    const at = random.pick(structureOf(picture)) + 2;
    const out = Buffer.from(bytes);
    if (at + 2 > out.length) return out;
    const now = out.readUInt16BE(at);
    out.writeUInt16BE(random.pick([...lengths, (now + 1) & 0xffff, (now - 1) & 0xffff]), at);
    return out;
  },
  'a segment twice': (bytes, random, picture) => {
    const at = random.pick(structureOf(picture));
    const end =
      at + 4 > bytes.length ? bytes.length : Math.min(bytes.length, at + 2 + bytes.readUInt16BE(at + 2));
    return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
  },
  'another frame header': (bytes, random, picture) => {
    const at = structureOf(picture).find((place) => {
      const marker = bytes[place + 1] ?? 0;
      return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    });
    const out = Buffer.from(bytes);
    if (at === undefined) return out;
    switch (random.int(0, 4)) {
      case 0:
        out.writeUInt16BE(random.pick(sides), at + 5);
        break;
      case 1:
        out.writeUInt16BE(random.pick(sides), at + 7);
        break;
      case 2:
        out[at + 4] = random.pick([0, 1, 2, 12, 16, 255]);
        break;
      case 3:
        out[at + 9] = random.int(0, 6);
        break;
      default:
        out[at + 10 + random.int(0, 8)] = random.int(0, 255); // ids, sampling factors, tables
    }
    return out;
  },
};

const pngChanges: Record<string, Mutate> = {
  // With right checksums a change reaches further in than the first check.
  'a chunk changed, checksum right': (bytes, random, picture) => {
    const out = Buffer.from(bytes);
    const at = random.pick(structureOf(picture));
    const length = out.readUInt32BE(at);
    if (at + 12 + length > out.length) return out; // an earlier change made it so long
    if (length > 0) {
      for (let left = random.int(1, 6); left > 0; left--)
        out[at + 8 + random.int(0, length - 1)] = random.int(0, 255);
    }
    out.writeUInt32BE(crc32(out.subarray(at + 4, at + 8 + length)), at + 8 + length);
    return out;
  },
  'another header, checksum right': (bytes, random) => {
    const out = Buffer.from(bytes);
    if (random.int(0, 1) === 0) out.writeUInt32BE(random.pick(sides), random.pick([16, 20]));
    else out[random.int(24, 28)] = random.pick([0, 1, 2, 3, 4, 6, 8, 16]);
    out.writeUInt32BE(crc32(out.subarray(12, 29)), 29);
    return out;
  },
};

const webpChanges: Record<string, Mutate> = {
  'a wrong chunk length': (bytes, random, picture) => {
    const out = Buffer.from(bytes);
    const at = random.pick([0, ...structureOf(picture)]);
    out.writeUInt32LE(random.pick([...lengths, 0x7fff_ffff, 0xffff_ffff, bytes.length * 2]), at + 4);
    return out;
  },
  'another chunk name': (bytes, random, picture) => {
    const out = Buffer.from(bytes);
    out.write(
      random.pick(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF', 'EXIF']),
      random.pick(structureOf(picture)),
    );
    return out;
  },
  'another size': (bytes, random) => {
    const out = Buffer.from(bytes);
    out.writeUInt16LE(random.int(0, 65_535), random.pick([21, 24, 26, 27, 28]));
    return out;
  },
};

const byFormat = { jpeg: jpegChanges, png: pngChanges, webp: webpChanges };

/** Case `seed`: one to three changes to one of the pictures. */
export function breakPicture(seed: number, pictures: readonly ValidPicture[]): BrokenPicture {
  const random = new Random(seed);
  const picture = random.pick(pictures);
  if (random.int(0, 5) === 0) {
    const [name, mutate] = random.pick(Object.entries(cuts));
    const bytes = mutate(picture.bytes, random, picture, pictures);
    return {
      name: `${picture.name}: ${name}`,
      bytes,
      cutFrom: picture.format === 'png' ? undefined : picture.bytes,
    };
  }
  const known = [...Object.entries(changes), ...Object.entries(byFormat[picture.format])];
  const names: string[] = [];
  let { bytes } = picture;
  for (let left = random.pick([1, 1, 1, 2, 3]); left > 0; left--) {
    if (bytes.length < 64) break;
    // The places come from the sound picture, so a second change may miss them: let it stay within the bytes.
    const usable = bytes.length === picture.bytes.length ? known : Object.entries(changes);
    const [name, mutate] = random.pick(usable);
    bytes = mutate(
      bytes,
      random,
      { ...picture, bytes: bytes.length === picture.bytes.length ? picture.bytes : bytes },
      pictures,
    );
    names.push(name);
  }
  return { name: `${picture.name}: ${names.join(', ')}`, bytes, cutFrom: undefined };
}
