import type { TensorData } from '@trinetra/inference-runtime';
import { FaceAlignerError } from './errors.ts';

/** Numbers of one crop: those of `data` from `from` on. */
export interface FloatRows {
  readonly data: Float32Array;
  readonly from: number;
}

/**
 * Where the `rows x length` numbers of crop `index` lie in an output that holds one such block a crop. No view of its own: twelve a
 * crop take longer to make than to read.
 *
 * @throws {FaceAlignerError} `model_mismatch` where the output is missing, of another type or holds another number.
 */
export function floatRows(
  outputs: Readonly<Record<string, TensorData>>,
  name: string,
  index: number,
  rows: number,
  length: number,
): FloatRows {
  const data = outputs[name]?.data;
  const values = rows * length;
  const fits = data instanceof Float32Array && data.length % values === 0;
  if (!fits || data.length < (index + 1) * values) {
    throw new FaceAlignerError(
      'model_mismatch',
      `face model: Expected ${rows} x ${length} float32 numbers a crop for the output ${name} but received ${data?.length ?? 'none'} for ${index + 1} crops or more; use a model whose outputs fit its input`,
    );
  }
  return { data, from: index * values };
}

/**
 * The first of `rows` numbers, from number `first` on, that is at least `least`; `rows` where none is. A loop of its own: nearly all
 * numbers of a crop end in it.
 */
export function nextReaching({ data, from }: FloatRows, first: number, rows: number, least: number): number {
  let row = first;
  while (row < rows && !((data[from + row] as number) >= least)) row += 1;
  return row;
}
