import { describe, expect, it } from 'vitest';
import { faceValues, type PixelScale, pixelScaleOf, writeFace } from './face-tensor.ts';

describe('pixelScaleOf', () => {
  it.each<[expected: PixelScale, firstOps: string[]]>([
    ['centred', []],
    ['centred', ['Conv', 'PRelu', 'Conv', 'BatchNormalization']],
    ['raw', ['Sub', 'Mul', 'Conv', 'PRelu']],
    ['raw', ['Sub', 'Div', 'Conv']],
    ['raw', ['Div', 'Sub', 'Conv']],
    ['raw', ['Cast', 'Transpose', 'Sub', 'Mul', 'Conv']],
    ['raw', ['Identity', 'Sub', 'Mul']],
    ['centred', ['Sub', 'Conv', 'Mul']],
    ['centred', ['Mul', 'Add', 'Conv']],
    // A LayerNorm behind the stem, as exports before opset 17 spell it.
    ['centred', ['Conv', 'ReduceMean', 'Sub', 'Pow', 'ReduceMean', 'Add', 'Sqrt', 'Div']],
  ])('is %s for the first nodes %j', (expected, firstOps) => expect(pixelScaleOf(firstOps)).toBe(expected));
});

describe('writeFace', () => {
  const face = new Uint8Array(faceValues);
  face.set([0, 128, 255], 0);
  face.set([10, 20, 30], faceValues - 3);
  const plane = 112 * 112;

  it.each<[scale: PixelScale, of: (level: number) => number]>([
    ['centred', (level) => (level - 127.5) / 127.5],
    ['raw', (level) => level],
  ])('writes planes of red, green and blue, %s', (scale, of) => {
    const tensor = new Float32Array(3 * faceValues).fill(7);
    writeFace(face, scale, tensor, 1);
    const written = [0, plane, 2 * plane, plane - 1, 2 * plane - 1, 3 * plane - 1].map(
      (at) => tensor[faceValues + at],
    );
    for (const [at, level] of [0, 128, 255, 10, 20, 30].entries()) {
      expect(written[at]).toBeCloseTo(of(level), 6);
    }
    expect([tensor[faceValues - 1], tensor[2 * faceValues]]).toEqual([7, 7]);
  });
});
