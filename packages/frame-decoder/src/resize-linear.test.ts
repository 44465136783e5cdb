import { readFileSync } from 'node:fs';
import { noise } from '@trinetra/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as reference from './resize-linear.reference.ts';
import { createResizer, resizeLinear } from './resize-linear.ts';

interface Vector {
  readonly width: number;
  readonly height: number;
  readonly newWidth: number;
  readonly newHeight: number;
  readonly source: string;
  readonly expected: string;
}
const file = new URL('../test/fixtures/resize-vectors.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Vector[] };

describe('resizeLinear', () => {
  it.each(cases)('equals cv2.resize to the bit: $width x $height to $newWidth x $newHeight', (vector) => {
    const { width, height, newWidth, newHeight, source, expected } = vector;
    const image = { data: new Uint8Array(Buffer.from(source, 'base64')), width, height };
    const resized = resizeLinear(image, newWidth, newHeight);
    expect([...resized.data]).toEqual([...Buffer.from(expected, 'base64')]);
  });

  it('resizes a second picture as the first', () => {
    const resize = createResizer(4, 4, 2, 2);
    const given: number[] = [];
    for (const level of [10, 200]) {
      resize(Buffer.alloc(48, level), (bytes, start) => given.push(...bytes.subarray(start, start + 12)));
    }
    expect(given).toEqual([...Buffer.alloc(12, 10), ...Buffer.alloc(12, 200)]);
  });

  it('equals the reference in JavaScript to the bit for any sizes', () => {
    const side = fc.integer({ min: 1, max: 90 });
    fc.assert(
      fc.property(side, side, side, side, fc.integer(), (width, height, newWidth, newHeight, seed) => {
        const image = { data: noise(width, height, seed), width, height };
        expect(resizeLinear(image, newWidth, newHeight)).toEqual(
          reference.resizeLinear(image, newWidth, newHeight),
        );
      }),
      { numRuns: 1000 },
    );
  });
});
