import { describe, expect, it } from 'vitest';
import { paddedSize, readImageInput } from './image-input.ts';

describe('paddedSize', () => {
  it.each<[count: number, sizes: number[] | undefined, limit: number, padded: number]>([
    [3, undefined, 16, 3],
    [1, [1, 4, 16], 16, 1],
    [2, [1, 4, 16], 16, 4],
    [5, [1, 4, 16], 16, 16],
    [16, [1, 4, 16], 16, 16],
    // Memory cut the limit: the sizes above it would run out again.
    [5, [1, 4, 16], 8, 8],
    [3, [1, 4, 16], 2, 3],
    [2, [4], 2, 2],
    [1, [4], 4, 4],
    [1, [4], 2, 2],
  ])('pads %d to one of %j, of which %d fit: %d', (count, sizes, limit, padded) => {
    expect(paddedSize(count, sizes, limit)).toBe(padded);
  });
});

describe('readImageInput', () => {
  const input = (dims: (number | string)[], type = 'float32') => readImageInput({ name: 'x', type, dims });

  it.each<[dims: (number | string)[], expected: object]>([
    [['n', 3, 640, 480], { layout: 'nchw', batch: null, height: 640, width: 480 }],
    [[4, 640, 480, 3], { layout: 'nhwc', batch: 4, height: 640, width: 480 }],
    [[-1, 3, -1, -1], { layout: 'nchw', batch: null, height: null, width: null }],
    [['n', 'h', 'w', 3], { layout: 'nhwc', height: null, width: null }],
    [['n', 'c', 'h', 'w'], { layout: 'nchw' }],
    [[1, 3, 3, 3], { layout: 'nchw' }],
  ])('reads %j', (dims, expected) => expect(input(dims)).toMatchObject(expected));

  it.each([[[1, 1, 640, 640]], [[3, 640, 640]], [[1, 640, 640, 4]]])('does not take %j', (dims) => {
    expect(input(dims)).toBeNull();
  });

  it('takes no other types than float32, float16 and uint8', () => {
    expect(['float32', 'float16', 'uint8'].map((type) => input([1, 3, 8, 8], type)?.type)).toEqual([
      'float32',
      'float16',
      'uint8',
    ]);
    expect(input([1, 3, 8, 8], 'int8')).toBeNull();
  });
});
