import { TrinetraError } from '@trinetra/contracts';
import type { InferenceModel } from '@trinetra/inference-runtime';
import { EmbedderError } from './errors.ts';
import { faceSize, faceValues, pixelScaleOf, writeFace } from './face-tensor.ts';

/** Numbers of an embedding. */
const embeddingSize = 512;

export interface EmbedderOptions {
  /** Takes `[n, 3, 112, 112]`, gives `[n, 512]`. */
  readonly model: InferenceModel;
  /** Faces a run, 1..16; default 16. */
  readonly maxRunSize?: number;
}

export const defaultEmbedderOptions: Readonly<{ maxRunSize: number }> = Object.freeze({ maxRunSize: 16 });

/** A unit vector of 512 numbers, or why there is none. */
export type EmbeddingResult =
  | { readonly ok: true; readonly embedding: Float32Array }
  | { readonly ok: false; readonly reason: string };

export interface Embedder {
  readonly embeddingSize: 512;
  /**
   * Made of the model's hash, precision, preprocessing and alignment template: embeddings of different spaces must
   * never be compared.
   */
  readonly embeddingSpace: string;
  /**
   * Embeds aligned faces `[112, 112, 3]` RGB in runs of at most `maxRunSize`; one result a face, in order. A run
   * that fails costs only its own faces.
   *
   * @throws {EmbedderError} `invalid_face` for a face of another size; the reason of `signal`.
   */
  embed(
    faces: readonly Uint8Array[],
    options?: { readonly signal?: AbortSignal },
  ): Promise<EmbeddingResult[]>;
}

/** @throws {EmbedderError} `model_mismatch` with the expected and the found shape. */
function checkModel(model: InferenceModel): { input: string; output: string; fixedBatch: number | null } {
  const { inputs, outputs } = model.info;
  const [input, output] = [inputs[0], outputs[0]];
  const inputDims = JSON.stringify(input?.dims);
  const outputDims = JSON.stringify(output?.dims);
  const good =
    inputs.length === 1 &&
    input?.type === 'float32' &&
    input.dims.length === 4 &&
    [3, faceSize, faceSize].every(
      (size, axis) => typeof input.dims[axis + 1] === 'string' || input.dims[axis + 1] === size,
    ) &&
    output?.dims.length === 2 &&
    (output.dims[1] === embeddingSize || typeof output.dims[1] === 'string');
  if (!good || input === undefined || output === undefined) {
    throw new EmbedderError(
      'model_mismatch',
      `embedder model: expected float32 [n, 3, 112, 112] -> [n, 512] but found ${input?.type} ${inputDims} -> ${outputDims}`,
    );
  }
  const batch = input.dims[0];
  return {
    input: input.name,
    output: output.name,
    fixedBatch: typeof batch === 'number' && batch > 0 ? batch : null,
  };
}

/** Scales to unit length in double precision; null for a vector that has none. */
function normalise(vector: Float32Array): Float32Array | null {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const norm = Math.sqrt(sum);
  return Number.isFinite(norm) && norm > 1e-12 ? vector.map((value) => value / norm) : null;
}

/**
 * Makes an embedder over a loaded ArcFace-style model.
 *
 * @throws {EmbedderError} `model_mismatch`, or `invalid_options` for a `maxRunSize` outside 1..16.
 */
export function createEmbedder(options: EmbedderOptions): Embedder {
  const { model } = options;
  const maxRunSize = options.maxRunSize ?? defaultEmbedderOptions.maxRunSize;
  if (!Number.isInteger(maxRunSize) || maxRunSize < 1 || maxRunSize > 16) {
    throw new EmbedderError(
      'invalid_options',
      `maxRunSize: expected a whole number in 1..16 but received ${maxRunSize}`,
    );
  }
  const { input, output, fixedBatch } = checkModel(model);
  const scale = pixelScaleOf(model.info.firstOps);
  const runSize = Math.min(maxRunSize, fixedBatch ?? maxRunSize);
  /** Buffers that came back from the inference thread, by their number of faces. */
  const spare = new Map<number, Float32Array>();

  async function run(
    faces: readonly Uint8Array[],
    signal: AbortSignal | undefined,
  ): Promise<EmbeddingResult[]> {
    const batch = fixedBatch ?? faces.length;
    const tensor = spare.get(batch) ?? new Float32Array(batch * faceValues);
    spare.delete(batch);
    for (const [index, face] of faces.entries()) writeFace(face, scale, tensor, index);
    tensor.fill(0, faces.length * faceValues);
    const feeds = {
      [input]: { type: 'float32', data: tensor, dims: [batch, 3, faceSize, faceSize] },
    } as const;
    const { outputs, feeds: returned } = await model.run(feeds, { signal });
    const back = returned[input]?.data;
    if (back instanceof Float32Array) spare.set(batch, back);
    const data = outputs[output]?.data;
    if (!(data instanceof Float32Array) || data.length !== batch * embeddingSize) {
      throw new EmbedderError(
        'model_mismatch',
        `expected ${batch} x 512 float32 numbers but received ${data?.length ?? 0}`,
      );
    }
    return faces.map((_, index) => {
      const embedding = normalise(data.subarray(index * embeddingSize, (index + 1) * embeddingSize));
      return embedding === null ? { ok: false, reason: 'not_finite' } : { ok: true, embedding };
    });
  }

  return {
    embeddingSize,
    embeddingSpace: `${model.info.sha256.slice(0, 16)}-${model.info.precision}-rgb-${scale}-arcface112`,
    embed: async (faces, embedOptions = {}) => {
      const { signal } = embedOptions;
      const wrong = faces.find((face) => face.length !== faceValues);
      if (wrong !== undefined) {
        throw new EmbedderError(
          'invalid_face',
          `face: expected ${faceValues} bytes [112, 112, 3] but received ${wrong.length}`,
        );
      }
      const results: EmbeddingResult[] = [];
      for (let at = 0; at < faces.length; at += runSize) {
        signal?.throwIfAborted();
        const part = faces.slice(at, at + runSize);
        try {
          results.push(...(await run(part, signal)));
        } catch (error) {
          if (signal?.aborted === true) throw error;
          const reason = TrinetraError.isInstance(error) ? error.code : 'run_failed';
          results.push(...part.map((): EmbeddingResult => ({ ok: false, reason })));
        }
      }
      return results;
    },
  };
}
