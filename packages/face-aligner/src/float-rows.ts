import type { TensorData } from '@trinetra/inference-runtime';
import { FaceAlignerError } from './errors.ts';

/**
 * The `rows x length` numbers of crop `index` in an output that holds one such block a crop.
 *
 * @throws {FaceAlignerError} `model_mismatch` where the output is missing, of another type or holds another number.
 */
export function floatRows(
  outputs: Readonly<Record<string, TensorData>>,
  name: string,
  index: number,
  rows: number,
  length: number,
): Float32Array {
  const data = outputs[name]?.data;
  const values = rows * length;
  const fits = data instanceof Float32Array && data.length % values === 0;
  if (!fits || data.length < (index + 1) * values) {
    throw new FaceAlignerError(
      'model_mismatch',
      `face model: Expected ${rows} x ${length} float32 numbers a crop for the output ${name} but received ${data?.length ?? 'none'} for ${index + 1} crops or more; use a model whose outputs fit its input`,
    );
  }
  return data.subarray(index * values, (index + 1) * values);
}
