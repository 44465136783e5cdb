import { type ImageInput, type ModelInfo, readImageInput } from '@trinetra/inference-runtime';
import { EmbedderError } from './errors.ts';
import { faceSize } from './face-tensor.ts';

/** Numbers of an embedding. */
export const embeddingSize = 512;

export interface EmbedderContract {
  readonly input: ImageInput;
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
  const [input, output] = [readImageInput(info.inputs[0]), info.outputs[0]];
  const side = (found: number | null | undefined): boolean => found === null || found === faceSize;
  const halfOrFull = output?.type === 'float32' || output?.type === 'float16';
  if (
    info.inputs.length === 1 &&
    input !== null &&
    side(input.height) &&
    side(input.width) &&
    halfOrFull &&
    fits(output.dims, [null, embeddingSize])
  ) {
    return { input, output: output.name, fixedBatch: input.batch };
  }
  const text = (tensors: ModelInfo['inputs']): string =>
    tensors.map(({ type, dims }) => `${type} ${JSON.stringify(dims)}`).join(', ');
  throw new EmbedderError(
    'model_mismatch',
    `embedder model ${info.path}: expected [n, 3, ${faceSize}, ${faceSize}] or [n, ${faceSize}, ${faceSize}, 3] of float32, float16 or uint8 ` +
      `-> float32 or float16 [n, ${embeddingSize}] but found ${text(info.inputs)} -> ${text(info.outputs)}`,
  );
}
