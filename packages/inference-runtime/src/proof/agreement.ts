import type { InferenceModel } from '../types.ts';
import { type GoldenCase, type PictureOptions, runPicture } from './golden.ts';

/** How well two answers agree. */
export interface Agreement {
  readonly ok: boolean;
  /** The worst cosine, -1..1; NaN where an answer is not finite. */
  readonly cosine: number;
  /** What does not agree, in a line; empty where all does. */
  readonly problem: string;
}

/** Cosine below which two answers disagree. */
export const leastCosine = 0.999;

/** Cosine of two vectors; 1 for two that are zero, NaN where a number is not finite. */
export function cosineOf(a: Float32Array, b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? Number.NaN;
    dot += value * other;
    aa += value * value;
    bb += other * other;
  }
  if (aa === 0 && bb === 0) return 1;
  return dot / Math.sqrt(aa * bb);
}

/** One output of one picture. */
export interface OutputPair {
  readonly name: string;
  readonly found: Float32Array;
  readonly expected: Float32Array;
  /** Of one picture, without the batch axis. */
  readonly dims: readonly number[];
}

/** Compares one output of one picture: by its cosine, where a model knows nothing better. */
export type CompareOutput = (pair: OutputPair) => Agreement;

const compareByCosine: CompareOutput = ({ name, found, expected }) => {
  const cosine = cosineOf(found, expected);
  const ok = cosine >= leastCosine;
  return { ok, cosine, problem: ok ? '' : `${name}: cosine ${cosine.toFixed(5)}` };
};

/** What does not agree, without numbers to compare. */
export const disagree = (problem: string): Agreement => ({ ok: false, cosine: Number.NaN, problem });

/** One that is not ok before all that are, then the least cosine; undefined of none. */
export function worstOf(agreements: readonly Agreement[]): Agreement | undefined {
  return agreements.toSorted((a, b) => Number(a.ok) - Number(b.ok) || a.cosine - b.cosine)[0];
}

/** Compares every output of every picture of a run with those of the golden case. */
export function compareOutputs(
  found: GoldenCase['outputs'],
  expected: GoldenCase['outputs'],
  compare: CompareOutput = compareByCosine,
): Agreement {
  const agreements: Agreement[] = [];
  for (const [name, { data, dims }] of Object.entries(expected)) {
    const got = found[name];
    const items = got === undefined ? 0 : got.data.length / data.length;
    if (got === undefined || items < 1 || !Number.isInteger(items)) {
      return disagree(`${name}: expected ${JSON.stringify(dims)} but found ${JSON.stringify(got?.dims)}`);
    }
    for (let item = 0; item < items; item += 1) {
      const part = got.data.subarray(item * data.length, (item + 1) * data.length);
      agreements.push(compare({ name, found: part, expected: data, dims: dims.slice(1) }));
    }
  }
  return worstOf(agreements) ?? disagree('there is no output to compare');
}

export interface ProofOptions extends PictureOptions {
  readonly model: InferenceModel;
  readonly golden: GoldenCase;
  /** Pictures a run, where the model leaves it open: a size that is in use anyway. Default 1. */
  readonly batch?: number;
  /** Default: by cosine. */
  readonly compare?: CompareOutput | undefined;
}

/**
 * Runs the golden picture on the live session and compares.
 *
 * @throws what `run` throws: that a session fails is not that it disagrees.
 */
export async function prove(options: ProofOptions): Promise<Agreement> {
  const { model, golden, batch = 1, compare } = options;
  const found = await runPicture(model, golden, options, batch);
  return compareOutputs(found, golden.outputs, compare);
}
