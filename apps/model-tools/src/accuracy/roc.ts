/**
 * The curve of what is accepted as the threshold falls. Point `k` accepts all pairs whose score is at least `thresholds[k]`; point 0
 * accepts none. Pairs of one score are accepted together, so each distinct score is one point.
 */
export interface Roc {
  /** Falling; `Infinity` first. */
  readonly thresholds: readonly number[];
  /** Pairs of the same person that are accepted, and pairs of different ones. */
  readonly acceptedSame: readonly number[];
  readonly acceptedDifferent: readonly number[];
  /** All pairs of the same person, and all of different ones. */
  readonly same: number;
  readonly different: number;
}

/**
 * Sorts the scores once and returns what draws the curve, with each pair counted as often as its weight says (default once).
 *
 * @param scores Finite; a higher one is more alike.
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.roc_curve.html (with drop_intermediate=False)
 */
export function createRoc(
  scores: readonly number[],
  same: readonly boolean[],
): (weights?: ArrayLike<number>) => Roc {
  const order = [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  return (weights) => {
    const thresholds = [Infinity];
    const acceptedSame = [0];
    const acceptedDifferent = [0];
    let [ofSame, ofDifferent, last] = [0, 0, Number.NaN];
    for (const pair of order) {
      const weight = weights === undefined ? 1 : (weights[pair] ?? 0);
      if (weight === 0) continue;
      if (same[pair] === true) ofSame += weight;
      else ofDifferent += weight;
      const score = scores[pair] ?? Number.NaN;
      if (score !== last) thresholds.push(score);
      last = score;
      acceptedSame[thresholds.length - 1] = ofSame;
      acceptedDifferent[thresholds.length - 1] = ofDifferent;
    }
    return { thresholds, acceptedSame, acceptedDifferent, same: ofSame, different: ofDifferent };
  };
}
