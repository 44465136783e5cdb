import type { TensorData } from '../types.ts';

interface TensorArray {
  new (memory: SharedArrayBuffer, at: number, length: number): TensorData['data'];
  readonly BYTES_PER_ELEMENT: number;
  readonly name: string;
}

/** The arrays that hold the numbers of a tensor, by its type. */
export const tensorArrays: Readonly<Record<TensorData['type'], TensorArray>> = {
  float32: Float32Array,
  float16: Uint16Array,
  uint8: Uint8Array,
  int64: BigInt64Array,
  int32: Int32Array,
};

/** Numbers of a tensor of that shape. */
export const lengthOf = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);
