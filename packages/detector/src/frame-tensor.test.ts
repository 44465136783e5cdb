import { describe, expect, it } from 'vitest';
import { writeFrame } from './frame-tensor.ts';

const own = { width: 2, height: 1 };
const size = { width: 3, height: 2 };

describe('writeFrame', () => {
  it('puts bytes at the top left of a larger item and grey beside them', () => {
    const target = new Uint8Array(2 * 18).fill(1);
    writeFrame(Uint8Array.of(10, 11, 12, 20, 21, 22), own, target, 1, size);
    const g = 114;
    expect([...target.subarray(0, 18)]).toEqual(Array.from({ length: 18 }, () => 1));
    expect([...target.subarray(18)]).toEqual([
      10,
      11,
      12,
      20,
      21,
      22,
      ...Array.from({ length: 12 }, () => g),
    ]);
  });

  it('puts each plane of floats there', () => {
    const target = new Float32Array(18);
    writeFrame(Float32Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6), own, target, 0, size);
    const g = 114 / 255;
    const expected = [0.1, 0.2, g, g, g, g, 0.3, 0.4, g, g, g, g, 0.5, 0.6, g, g, g, g];
    expect([...target]).toEqual(expected.map(Math.fround));
  });

  it('copies a frame of the size of the items', () => {
    const target = new Uint8Array(12);
    writeFrame(Uint8Array.of(1, 2, 3, 4, 5, 6), own, target, 1, own);
    expect([...target]).toEqual([0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6]);
  });
});
