import { UsageError } from '@trinetra/program';
import type { EmbeddedPicture } from './embed-pictures.ts';
import type { Pair } from './pair.ts';

/** A pair and how alike its two pictures are to each model. */
export interface ScoredPair extends Pair {
  /** Cosine of the embeddings, -1..1, one a model. */
  readonly scores: readonly number[];
}

export interface ScoredPairs {
  readonly used: readonly ScoredPair[];
  /** Pairs that were left out, by why. */
  readonly skipped: Readonly<Record<string, number>>;
}

/** Cosine of two unit vectors. */
function cosine(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (const [index, value] of a.entries()) sum += value * (b[index] ?? 0);
  return sum;
}

/**
 * Scores the pairs whose pictures both have an embedding by every model; of the others it counts why.
 *
 * @throws {UsageError} where no pair of the same person is left, or none of different ones.
 */
export function scorePairs(
  pairs: readonly Pair[],
  pictures: ReadonlyMap<string, EmbeddedPicture>,
): ScoredPairs {
  const used: ScoredPair[] = [];
  const skipped: Record<string, number> = {};
  for (const pair of pairs) {
    const [a, b] = [pictures.get(pair.a), pictures.get(pair.b)];
    if (a?.ok === true && b?.ok === true) {
      const scores = a.value.embeddings.map((one, model) => cosine(one, b.value.embeddings[model] ?? one));
      used.push({ ...pair, scores });
      continue;
    }
    const reason = [a, b].flatMap((picture) => (picture?.ok === false ? [picture.reason] : []))[0] ?? '';
    skipped[reason] = (skipped[reason] ?? 0) + 1;
  }
  const same = used.filter((pair) => pair.same).length;
  if (same > 0 && same < used.length) return { used, skipped };
  const why = Object.entries(skipped).map(([reason, count]) => `${count} because ${reason}`);
  throw new UsageError(
    `no figures without a usable pair of the same person and one of different persons: of ${pairs.length} pairs ` +
      `${same} of the same and ${used.length - same} of different persons can be used${why.length === 0 ? '' : `; left out: ${why.join(', ')}`}`,
  );
}
