import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createFrameDecoder } from '../src/frame-decoder.ts';

interface Golden {
  readonly width: number;
  readonly height: number;
  readonly scale: number;
  readonly left: number;
  readonly top: number;
  /** Of the tensor as bytes 0..255. */
  readonly sha256: string;
  readonly at: readonly number[];
  readonly levels: readonly number[];
}
const photos = new URL('../../../../shared/photos/', import.meta.url);
const golden = JSON.parse(
  readFileSync(new URL('./fixtures/letterbox-golden.json', import.meta.url), 'utf8'),
) as Record<string, Golden>;

describe.skipIf(!existsSync(photos))('the letterboxed tensor of each photo (needs ../shared)', () => {
  it.each(Object.entries(golden))(
    '%s: exact equals the reference to the bit, fast stays near',
    async (name, expected) => {
      const bytes = readFileSync(new URL(name, photos));
      for (const jpegAccuracy of ['exact', 'fast'] as const) {
        await using decoder = await createFrameDecoder({ jpegAccuracy });
        const result = await decoder.decode(bytes);
        if (!result.ok) throw new Error(result.message);
        const { image, letterbox, tensor } = result.value;
        const { width, height, scale, left, top } = expected;
        expect({ width: image.width, height: image.height }).toEqual({ width, height });
        expect(letterbox).toMatchObject({ scaleX: scale, scaleY: scale, left, top });
        const levels = Uint8Array.from(tensor, (value) => Math.round(value * 255));
        if (jpegAccuracy === 'exact') {
          expect(createHash('sha256').update(levels).digest('hex')).toBe(expected.sha256);
        }
        const deltas = expected.at.map((at, i) => Math.abs((levels[at] ?? 0) - (expected.levels[i] ?? 0)));
        expect(deltas.reduce((sum, delta) => sum + delta, 0) / deltas.length).toBeLessThan(1.6);
        expect(Math.max(...deltas)).toBeLessThanOrEqual(jpegAccuracy === 'exact' ? 0 : 16);
      }
    },
  );
});
