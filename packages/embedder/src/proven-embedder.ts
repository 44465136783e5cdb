import type { Result } from '@trinetra/contracts';
import { cosineOf } from '@trinetra/inference-runtime';
import { createEmbedder, type Embedder } from './embedder.ts';
import { EmbedderError } from './errors.ts';
import { type EmbedderOptions, readEmbedderOptions } from './options.ts';
import { describeFacePixels } from './pixels.ts';
import { sampleFaces } from './sample-faces.ts';

/** How a model did on three faces that were drawn, as cosines. */
export interface EmbedderProof {
  /** Of two pictures of one person. */
  readonly same: number;
  /** Of two persons: the larger of two. */
  readonly other: number;
  /** Of a face embedded alone with the same face among others; NaN where runs of several fail. */
  readonly alone: number;
  /** Whether runs have one face, since the others of a run change what a face gives, or fail. */
  readonly oneByOne: boolean;
  /** What speaks against the model, in a sentence; empty where nothing does. */
  readonly problem: string;
}

/** A model tells two persons apart where their cosine is this much below that of one person. */
const leastMargin = 0.1;
/** A face that gives a cosine below this beside other faces depends on them: int8 models that scale a run by its largest value do. */
const leastAlone = 0.999;

type Embedding = Result<Float32Array>;

interface Trial {
  readonly alone: readonly Embedding[];
  readonly together: readonly Embedding[];
}

/** Embeds the faces each alone, and all in one run with what else the run holds. */
async function tryFaces(embedder: Embedder, runSize: number): Promise<Trial> {
  const faces = sampleFaces();
  const alone: Embedding[] = [];
  for (const face of faces) alone.push(...(await embedder.embed([face])));
  // Black and white ones too: extremes that a run may be scaled by.
  const others = Array.from({ length: Math.max(0, runSize - faces.length) }, (_, at) =>
    new Uint8Array(faces[0].length).fill(at % 2 === 0 ? 255 : 0),
  );
  const run = [...faces, ...others].slice(0, Math.max(1, runSize));
  return { alone, together: await embedder.embed(run) };
}

function cosine(a: Embedding | undefined, b: Embedding | undefined): number {
  return a?.ok && b?.ok ? cosineOf(a.value, b.value) : Number.NaN;
}

/**
 * Makes an embedder, and proves it before anybody relies on it: that it gives embeddings in runs of one face and of the most faces, that they
 * are the same whoever shares the run, and that two pictures of one person are nearer to each other than to another person. Where only
 * the others of a run are in the way, its runs have one face.
 *
 * @returns The embedder, and how it did; `proof.problem` names what speaks against it, and how the model was given its pixels.
 * @throws {EmbedderError} as `createEmbedder`, and `model_mismatch` where the model gives no embeddings at all.
 */
export async function createProvenEmbedder(
  options: EmbedderOptions,
): Promise<{ embedder: Embedder; proof: EmbedderProof }> {
  const { model, maxRunSize } = readEmbedderOptions(options);
  const unwatched = { ...options, observer: undefined }; // a proof that fails is no run that fails
  const trial = await tryFaces(createEmbedder(unwatched), maxRunSize);
  const failed = trial.alone.find((result) => !result.ok);
  if (failed !== undefined) {
    throw new EmbedderError(
      'model_mismatch',
      `embedder model ${model.info.path}: it gives no embeddings: ${failed.message ?? failed.reason}`,
    );
  }
  const alone = Math.min(...trial.alone.map((result, at) => cosine(result, trial.together[at])));
  const oneByOne = maxRunSize > 1 && !(alone >= leastAlone);
  const embedder = createEmbedder(oneByOne ? { ...options, maxRunSize: 1, runSizes: undefined } : options);
  const [one, again, someone] = trial.alone;
  const same = cosine(one, again);
  const other = Math.max(cosine(one, someone), cosine(again, someone));
  const { input } = embedder;
  const problem =
    same - other >= leastMargin
      ? ''
      : `it does not tell two persons apart (cosine ${other.toFixed(3)}, and ${same.toFixed(3)} for one person) with pixels as '${describeFacePixels(input.pixels)}' (${input.why})`;
  return { embedder, proof: { same, other, alone, oneByOne, problem } };
}
