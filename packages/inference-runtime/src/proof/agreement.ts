import type { GoldenCase } from './golden.ts';

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

export const compareByCosine: CompareOutput = ({ name, found, expected }) => {
  const cosine = cosineOf(found, expected);
  const ok = cosine >= leastCosine;
  return { ok, cosine, problem: ok ? '' : `${name}: cosine ${cosine.toFixed(5)}` };
};

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
      const problem = `${name}: expected ${JSON.stringify(dims)} but found ${JSON.stringify(got?.dims)}`;
      return { ok: false, cosine: Number.NaN, problem };
    }
    for (let item = 0; item < items; item += 1) {
      const part = got.data.subarray(item * data.length, (item + 1) * data.length);
      agreements.push(compare({ name, found: part, expected: data, dims: dims.slice(1) }));
    }
  }
  const worst = agreements.toSorted((a, b) => Number(a.ok) - Number(b.ok) || a.cosine - b.cosine)[0];
  return worst ?? { ok: false, cosine: Number.NaN, problem: 'there is no output to compare' };
}
