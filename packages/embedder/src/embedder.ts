import type { Result } from '@trinetra/contracts';
import {
  createFeedMemory,
  createSizedRunner,
  imageFeed,
  paddedSize,
  pictureType,
  type SharedItems,
  type TensorData,
} from '@trinetra/inference-runtime';
import { EmbedderError } from './errors.ts';
import { createFaceWriter, faceSize, faceValues } from './face-tensor.ts';
import { embeddingSize, readContract } from './model-contract.ts';
import { normalise } from './normalise.ts';
import { type EmbedderOptions, readEmbedderOptions } from './options.ts';
import { type PixelChoice, scaleName } from './pixels.ts';

export interface Embedder {
  readonly embeddingSize: 512;
  /**
   * Made of the model's hash, precision, preprocessing and alignment template: embeddings of different spaces must
   * never be compared.
   */
  readonly embeddingSpace: string;
  /** What the model gets of the pixels, and what says so. */
  readonly input: PixelChoice;
  /** Faces a run, at most. */
  readonly facesPerRun: number;
  /**
   * Embeds aligned faces `[112, 112, 3]` RGB in runs of at most `maxRunSize`; one result a face, in order: a unit vector of 512
   * numbers, or why there is none. The reason is `zero` or `not_finite` where the model gave no direction, else the code of the
   * error that ended the run. A run that fails costs only its own faces. One that is refused for memory is halved, and later
   * runs have the size that fits.
   *
   * @throws {EmbedderError} `invalid_face` for a face of another size; the reason of `signal`.
   */
  embed(
    faces: readonly Uint8Array[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<Result<Float32Array>[]>;
}

/** Kept for the next runs, of 1 to 16 faces: one of each size is 5 MB together, or 20 of float32. */
const maxSpareBuffers = 16;

/**
 * Makes an embedder over a loaded ArcFace-style model.
 *
 * @throws {EmbedderError} `model_mismatch`, or `invalid_options` for a `maxRunSize` outside 1..16.
 * @example
 * const embedder = createEmbedder({ model: await runtime.loadModel('arcface_r50.onnx') });
 * const results = await embedder.embed(alignedFaces);
 */
export function createEmbedder(options: EmbedderOptions): Embedder {
  const { model, observer, pixels, maxRunSize, runSizes } = readEmbedderOptions(options);
  const { input, output, fixedBatch, choice } = readContract(model.info, pixels);
  const writer = createFaceWriter(choice.pixels);
  const runSize = Math.min(maxRunSize, fixedBatch ?? maxRunSize);
  const runner = createSizedRunner({
    maxSize: runSize,
    minSize: fixedBatch === null ? 1 : runSize,
    sizes: runSizes,
    observer,
  });
  const memory = createFeedMemory({
    type: pictureType(input),
    itemLength: faceValues,
    maxSpare: maxSpareBuffers,
  });

  /** The faces, and what is left of the batch empty, as the model's input takes them. */
  function write(faces: readonly Uint8Array[], tensor: SharedItems, batch: number): TensorData {
    memory.clear(tensor, faces.length);
    for (const [index, face] of faces.entries()) {
      if (tensor instanceof Uint8Array) writer.bytes(face, tensor, index);
      else writer.floats(face, tensor, index);
    }
    return imageFeed(input, tensor, [batch, 3, faceSize, faceSize], { divisor: 1 });
  }

  function checkOutput(result: TensorData | undefined, batch: number): Float32Array {
    const { data, dims = [] } = result ?? {};
    const shape = dims.length === 2 && dims[1] === embeddingSize;
    if (shape && data instanceof Float32Array && data.length === batch * embeddingSize) return data;
    throw new EmbedderError(
      'model_mismatch',
      `embedder model ${model.info.path}: expected an output float32 [${batch}, ${embeddingSize}] ` +
        `but received ${result?.type} ${JSON.stringify(dims)}`,
    );
  }

  async function run(
    faces: readonly Uint8Array[],
    signal: AbortSignal | undefined,
  ): Promise<Result<Float32Array>[]> {
    const batch = fixedBatch ?? paddedSize(faces.length, runSizes, runner.limit);
    const tensor = memory.take(batch);
    const feeds = { [input.name]: write(faces, tensor, batch) };
    const options = { signal, fetches: [output], floatOutputs: true, reuseOutputs: true };
    const { outputs, release } = await model.run(feeds, options);
    memory.give(tensor); // not after a failure: the thread may still read it
    const data = checkOutput(outputs[output], batch);
    const results = faces.map((_, index) =>
      normalise(data.subarray(index * embeddingSize, (index + 1) * embeddingSize)),
    );
    release?.();
    return results;
  }

  return {
    embeddingSize,
    embeddingSpace: `${model.info.sha256.slice(0, 16)}-${model.info.precision}-${choice.pixels.order}-${scaleName(choice.pixels)}-arcface112`,
    input: choice,
    facesPerRun: runSize,
    embed: async (faces, { signal } = {}) => {
      const wrong = faces.findIndex((face) => face.length !== faceValues);
      if (wrong >= 0) {
        throw new EmbedderError(
          'invalid_face',
          `faces[${wrong}]: expected ${faceValues} bytes [112, 112, 3] but received ${faces[wrong]?.length}`,
        );
      }
      signal?.throwIfAborted();
      const attempts = await runner.run(faces, (part) => run(part, signal), signal);
      return attempts.map((attempt) => (attempt.ok ? attempt.value : attempt));
    },
  };
}
