import { describe, expect, it } from 'vitest';
import { readImageInput } from './image-input.ts';

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
