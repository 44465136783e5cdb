import { hasByteInput, type ImageInput, type ModelInfo, readImageInput } from '@trinetra/inference-runtime';
import { EmbedderError } from './errors.ts';
import { embedderByteInput, faceSize, type PixelScale, pixelScaleOf } from './face-tensor.ts';

/** Numbers of an embedding. */
export const embeddingSize = 512;

export interface EmbedderContract {
  readonly input: ImageInput;
  readonly output: string;
  /** How the pixels are scaled, here or in the graph. */
  readonly scale: PixelScale;
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

function readScale(info: ModelInfo, { type }: ImageInput): PixelScale {
  const { path, byteInput, firstOps } = info;
  // Bytes can only be the levels themselves, unless the graph was given the rest when it was loaded.
  if (byteInput === undefined && type === 'uint8') return 'raw';
  const wanted = embedderByteInput({ firstOps });
  if (hasByteInput(info, wanted)) return pixelScaleOf(firstOps);
  const { mean = 0, divisor } = wanted;
  throw new EmbedderError(
    'model_mismatch',
    `embedder model ${path}: expected bytes that become (level - ${mean}) / ${divisor} but found ${JSON.stringify(byteInput)}; load it with byteInput: embedderByteInput`,
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
    return { input, output: output.name, fixedBatch: input.batch, scale: readScale(info, input) };
  }
  const text = (tensors: ModelInfo['inputs']): string =>
    tensors.map(({ type, dims }) => `${type} ${JSON.stringify(dims)}`).join(', ');
  throw new EmbedderError(
    'model_mismatch',
    `embedder model ${info.path}: expected [n, 3, ${faceSize}, ${faceSize}] or [n, ${faceSize}, ${faceSize}, 3] of float32, float16 or uint8 ` +
      `-> float32 or float16 [n, ${embeddingSize}] but found ${text(info.inputs)} -> ${text(info.outputs)}`,
  );
}
