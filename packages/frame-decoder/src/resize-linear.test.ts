import { readFileSync } from 'node:fs';
import { noise } from '@trinetra/test-support';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as reference from '../test/resize-linear.reference.ts';
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

  it.each([
    [0, 4, 'newWidth'],
    [4, 1.5, 'newHeight'],
  ])('refuses the size %s x %s', (newWidth, newHeight, name) => {
    const image = { data: new Uint8Array(48), width: 4, height: 4 };
    expect(() => resizeLinear(image, newWidth, newHeight)).toThrow(`Expected a positive integer for ${name}`);
  });

  it('resizes a second picture as the first', () => {
    const resize = createResizer(4, 4, 2, 2);
    const given: number[] = [];
    for (const level of [10, 200]) {
      resize(Buffer.alloc(48, level), (bytes, start) => given.push(...bytes.subarray(start, start + 12)));
    }
    expect(given).toEqual([...Buffer.alloc(12, 10), ...Buffer.alloc(12, 200)]);
  });

  it('gives what stretching first and resizing then gives, up to the rounding in between', () => {
    const side = fc.integer({ min: 1, max: 90 });
    const factor = fc.double({ min: 1.01, max: 5, noNaN: true });
    fc.assert(
      fc.property(
        side,
        side,
        side,
        side,
        factor,
        fc.integer(),
        (width, height, newWidth, newHeight, stretch, seed) => {
          const image = { data: noise(width, height, seed), width, height };
          const undone = resizeLinear(image, Math.round(width * stretch), height);
          const expected = resizeLinear(undone, newWidth, newHeight).data;
          const found = resizeLinear(image, newWidth, newHeight, stretch).data;
          const off = found.reduce(
            (most, level, at) => Math.max(most, Math.abs(level - (expected[at] ?? 0))),
            0,
          );
          expect(off).toBeLessThanOrEqual(3);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('equals the reference in JavaScript to the bit for any sizes', () => {
    const side = fc.integer({ min: 1, max: 90 });
    const stretches = fc.oneof(fc.constant(1), fc.double({ min: 0.2, max: 5, noNaN: true }));
    fc.assert(
      fc.property(
        side,
        side,
        side,
        side,
        stretches,
        fc.integer(),
        (width, height, newWidth, newHeight, stretch, seed) => {
          const image = { data: noise(width, height, seed), width, height };
          expect(resizeLinear(image, newWidth, newHeight, stretch)).toEqual(
            reference.resizeLinear(image, newWidth, newHeight, stretch),
          );
        },
      ),
      { numRuns: 1000 },
    );
  });
});
