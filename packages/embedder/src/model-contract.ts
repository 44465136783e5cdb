import {
  hasByteInput,
  type ImageInput,
  type ModelInfo,
  type PictureOptions,
  rangeOfLevels,
  readImageInput,
} from '@trinetra/inference-runtime';
import { EmbedderError } from './errors.ts';
import { faceSize } from './face-tensor.ts';
import { choosePixels, type FacePixels, type PixelChoice } from './pixels.ts';

/** Numbers of an embedding. */
export const embeddingSize = 512;

interface EmbedderContract {
  readonly input: ImageInput;
  readonly output: string;
  /** What becomes of the pixels, here or where the model runs. */
  readonly choice: PixelChoice;
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

const mismatch = (problem: string): EmbedderError => new EmbedderError('model_mismatch', problem);

/** @throws {EmbedderError} `model_mismatch`, with the model's path before what is wrong with it. */
function readPixels(info: ModelInfo, told: FacePixels | undefined): PixelChoice {
  try {
    const choice = choosePixels(info, told);
    const { mean, divisor } = choice.pixels;
    if (info.fileInputs[0]?.type === 'uint8' && (mean !== 0 || divisor !== 1)) {
      throw mismatch(
        `it takes bytes, which are not scaled: expected mean 0 and divisor 1 but received ${mean} and ${divisor}`,
      );
    }
    if (hasByteInput(info, { mean, divisor })) return choice;
    throw mismatch(
      `expected bytes that become (level - ${mean}) / ${divisor} but found ${JSON.stringify(info.byteInput)}; load it with byteInput: embedderByteInput`,
    );
  } catch (error) {
    throw EmbedderError.isInstance(error) ? mismatch(`embedder model ${info.path}: ${error.message}`) : error;
  }
}

/** @throws {EmbedderError} `model_mismatch` with the expected and the found shape. */
export function readContract(info: ModelInfo, told?: FacePixels): EmbedderContract {
  const input = readImageInput(info.inputs[0]);
  // Some give the norm beside the embedding, as AdaFace does.
  const output =
    info.outputs.find(({ dims }) => dims.length === 2 && dims[1] === embeddingSize) ??
    info.outputs.find(({ dims }) => fits(dims, [null, embeddingSize])) ??
    info.outputs[0];
  const side = (found: number | null | undefined): boolean => found === null || found === faceSize;
  // Some files leave the shape out: what comes is checked then.
  const isUndeclared = output?.dims.length === 0 && input?.height === faceSize && input.width === faceSize;
  const halfOrFull = output?.type === 'float32' || output?.type === 'float16';
  if (
    info.inputs.length === 1 &&
    input !== null &&
    side(input.height) &&
    side(input.width) &&
    halfOrFull &&
    (fits(output.dims, [null, embeddingSize]) || isUndeclared)
  ) {
    return { input, output: output.name, fixedBatch: input.batch, choice: readPixels(info, told) };
  }
  const text = (tensors: ModelInfo['inputs']): string =>
    tensors.map(({ type, dims }) => `${type} ${JSON.stringify(dims)}`).join(', ');
  throw mismatch(
    `embedder model ${info.path}: expected [n, 3, ${faceSize}, ${faceSize}] or [n, ${faceSize}, ${faceSize}, 3] of float32, float16 or uint8 ` +
      `-> float32 or float16 [n, ${embeddingSize}] but found ${text(info.fileInputs)} -> ${text(info.outputs)}`,
  );
}

/** What the pictures are like that an embedder is proven on: levels as its model gets them, of the size of a face. */
export function embedderSamplePicture({ input }: { readonly input: PixelChoice }): PictureOptions {
  return { range: rangeOfLevels(input.pixels), size: { width: faceSize, height: faceSize } };
}
