import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodePixels, type JpegDecoder } from '../src/decode-pixels.ts';
import { createFrameDecoder } from '../src/frame-decoder.ts';
import { readImageHeader } from '../src/image-header.ts';
import { spareBytes } from '../src/jpeg-prepare.ts';
import { openTurboJpeg } from '../src/turbo-jpeg.ts';

/** Offset in the base, bytes removed, bytes inserted ("picture": the base itself), how often. */
type Edit = readonly [at: number, removed: number, inserted: string, times: number];
type Verdict = 'whole' | 'broken' | string;

/** What make_odd_jpegs.py wrote: see there. */
const { pictures, pixels, cases } = JSON.parse(
  readFileSync(new URL('./fixtures/odd-jpegs.json', import.meta.url), 'utf8'),
) as {
  readonly pictures: Readonly<Record<string, string>>;
  readonly pixels: Readonly<Record<string, string>>;
  readonly cases: readonly (readonly [
    base: string,
    oddity: string,
    verdict: Verdict,
    edits: readonly Edit[],
  ])[];
};
const fieldCase = (name: string): Buffer =>
  readFileSync(new URL(`./fixtures/field/${name}.jpg`, import.meta.url));

let turbo: JpegDecoder;
beforeAll(async () => {
  turbo = await openTurboJpeg('exact');
});

function apply(base: string, edits: readonly Edit[]): Buffer {
  const jpeg = Buffer.from(pictures[base] ?? '', 'base64');
  const parts: Buffer[] = [];
  let from = 0;
  for (const [at, removed, inserted, times] of edits.toSorted((a, b) => a[0] - b[0])) {
    const bytes = inserted === 'picture' ? jpeg : Buffer.from(inserted, 'hex');
    parts.push(jpeg.subarray(from, at), Buffer.alloc(bytes.length * times, bytes));
    from = at + removed;
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
  it.each(Object.keys(pictures))(
    '%s: gives the pixels of OpenCV where all are there, or refuses',
    async (name) => {
      const wrong: string[] = [];
      for (const [base, oddity, verdict, edits] of cases) {
        if (base !== name) continue;
        const result = await decode(apply(base, edits), turbo);
        const expected = verdict === 'whole' ? pixels[base] : verdict;
        if (verdict === 'broken' ? isHash(result) : result !== expected)
          wrong.push(`${oddity}: expected ${verdict} but received ${result}`);
      }
      expect(wrong).toEqual([]);
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
      expect(createHash('sha256').update(result.frame.image.data).digest('hex')).toBe(sound);
    },
  );
});
