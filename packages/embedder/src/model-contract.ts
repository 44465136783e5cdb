import type { ModelInfo } from '@trinetra/inference-runtime';
import { EmbedderError } from './errors.ts';
import { faceSize } from './face-tensor.ts';

/** Numbers of an embedding. */
export const embeddingSize = 512;

export interface EmbedderContract {
  readonly input: string;
  readonly output: string;
  /** Null: any. */
  readonly fixedBatch: number | null;
}

/** Symbolic axes, names or -1, may be of any size. */
function fits(dims: readonly (number | string)[], expected: readonly (number | null)[]): boolean {
  return (
    dims.length === expected.length &&
    expected.every((size, axis) => {
      const dim = dims[axis];
      return size === null || typeof dim !== 'number' || dim < 0 || dim === size;
    })
  );
}

/** @throws {EmbedderError} `model_mismatch` with the expected and the found shape. */
export function readContract(info: ModelInfo): EmbedderContract {
  const [input, output] = [info.inputs[0], info.outputs[0]];
  const good =
    info.inputs.length === 1 &&
    input?.type === 'float32' &&
    fits(input.dims, [null, 3, faceSize, faceSize]) &&
    output?.type === 'float32' &&
    fits(output.dims, [null, embeddingSize]);
  if (!good) {
    const text = (tensors: ModelInfo['inputs']): string =>
      tensors.map(({ type, dims }) => `${type} ${JSON.stringify(dims)}`).join(', ');
    throw new EmbedderError(
      'model_mismatch',
      `embedder model ${info.path}: expected float32 [n, 3, ${faceSize}, ${faceSize}] -> float32 [n, ${embeddingSize}] ` +
        `but found ${text(info.inputs)} -> ${text(info.outputs)}`,
    );
  }
  const batch = input.dims[0];
  return {
    input: input.name,
    output: output.name,
    fixedBatch: typeof batch === 'number' && batch > 0 ? batch : null,
  };
}
