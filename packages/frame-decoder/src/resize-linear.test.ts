import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createRowResizer, resizeLinear } from './resize-linear.ts';

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

  it('gives the rows of a second picture once it is reset', () => {
    const resizer = createRowResizer(4, 4, 2, 2);
    resizer.row(new Uint8Array(48).fill(10), 1);
    resizer.reset();
    expect([...resizer.row(new Uint8Array(48).fill(200), 1)]).toEqual([200, 200, 200, 200, 200, 200]);
  });
});
