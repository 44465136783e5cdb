import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodePixels, type JpegDecoder } from '../src/decode-pixels.ts';
import { createFrameDecoder } from '../src/frame-decoder.ts';
import { readImageHeader } from '../src/image-header.ts';
import { spareBytes } from '../src/jpeg-prepare.ts';
import { openTurboJpeg } from '../src/turbo-jpeg.ts';

/** What make_odd_jpegs.py wrote: see there. */
const lines = readFileSync(new URL('./fixtures/odd-jpegs.txt', import.meta.url), 'utf8')
  .split('\n')
  .map((line) => line.split('\t'));
/** By name: the bytes, and a hash of their pixels. */
const pictures = new Map(
  lines.flatMap(([kind, name = '', pixels = '', bytes = '']) =>
    kind === 'picture' ? [[name, { pixels, bytes: Buffer.from(bytes, 'base64') }] as const] : [],
  ),
);
const casesOf = (picture: string): { oddity: string; verdict: string; edits: string }[] =>
  lines.flatMap(([kind, name, oddity = '', verdict = '', edits = '']) =>
    kind === 'case' && name === picture ? [{ oddity, verdict, edits }] : [],
  );
const fieldCase = (name: string): Buffer =>
  readFileSync(new URL(`./fixtures/field/${name}.jpg`, import.meta.url));

let turbo: JpegDecoder;
beforeAll(async () => {
  turbo = await openTurboJpeg('exact');
});

/** @param edits `offset,bytes removed,bytes inserted,how often`, by spaces; `picture` inserts the picture itself */
function apply(jpeg: Buffer, edits: string): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  const parsed = edits
    .split(' ')
    .filter(Boolean)
    .map((edit) => edit.split(','));
  for (const [at, removed, inserted = '', times] of parsed.toSorted((a, b) => Number(a[0]) - Number(b[0]))) {
    const bytes = inserted === 'picture' ? jpeg : Buffer.from(inserted, 'hex');
    parts.push(jpeg.subarray(from, Number(at)), Buffer.alloc(bytes.length * Number(times), bytes));
    from = Number(at) + Number(removed);
  }
  return Buffer.concat([...parts, jpeg.subarray(from)]);
}

/** A hash of the RGB bytes, or why there are none. */
async function decode(bytes: Uint8Array, decoder: JpegDecoder): Promise<string> {
  const header = readImageHeader(bytes, 'jpeg');
  if (header === null) return 'no header';
  const target = new Uint8Array(header.width * header.height * 3);
  try {
    await decodePixels(Buffer.concat([bytes, Buffer.alloc(spareBytes)]), header, target, decoder);
    return createHash('sha256').update(target).digest('hex');
  } catch (error) {
    return String(error);
  }
}

const isHash = (result: string): boolean => /^[0-9a-f]{64}$/.test(result);

describe.runIf(process.platform === 'linux')('JPEGs with the oddities of cameras, and cut ones', () => {
  it.each([...pictures])(
    '%s: gives the pixels of OpenCV where all are there, or refuses',
    async (name, picture) => {
      const cases = casesOf(name);
      const wrong: string[] = [];
      for (const { oddity, verdict, edits } of cases) {
        const result = await decode(apply(picture.bytes, edits), turbo);
        const expected = verdict === 'whole' ? picture.pixels : verdict;
        if (verdict === 'broken' ? isHash(result) : result !== expected)
          wrong.push(`${oddity}: expected ${verdict} but received ${result}`);
      }
      expect(wrong).toEqual([]);
      expect(cases.length).toBeGreaterThan(100);
    },
  );

  it.each(['rst_padded_one', 'garbage_before_com_header', 'no_eoi'])(
    '%s of the field: has the pixels of the sound picture',
    async (name) => {
      const sound = await decode(fieldCase('rst_markers'), turbo);
      expect(isHash(sound)).toBe(true);
      for (const decoder of [turbo, 'exact'] as const)
        expect(await decode(fieldCase(name), decoder)).toBe(sound);
      await using threaded = await createFrameDecoder({ jpegAccuracy: 'exact' });
      const result = await threaded.decode(fieldCase(name));
      if (!result.ok) throw new Error(result.message);
      expect(createHash('sha256').update(result.value.image.data).digest('hex')).toBe(sound);
    },
  );
});
