import { createRoc, type Roc } from './roc.ts';

const at = (values: readonly number[], index: number): number => values[index] ?? Number.NaN;

/** Share of different persons that are accepted at point `k`: the false accept rate. */
export const farAt = (roc: Roc, k: number): number => at(roc.acceptedDifferent, k) / roc.different;

/** Share of pairs of the same person that are accepted at point `k`: the true accept rate. */
export const tarAt = (roc: Roc, k: number): number => at(roc.acceptedSame, k) / roc.same;

/**
 * Area under the curve by trapezes: the chance that a pair of the same person scores higher than one of different persons, a tie
 * counted as half. 0..1.
 *
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.roc_auc_score.html
 */
export function areaUnderCurve(roc: Roc): number {
  let area = 0;
  for (let k = 1; k < roc.thresholds.length; k += 1) {
    area += ((farAt(roc, k) - farAt(roc, k - 1)) * (tarAt(roc, k) + tarAt(roc, k - 1))) / 2;
  }
  return area;
}

/**
 * The highest true accept rate at a false accept rate of at most `far`, without interpolation: a threshold exists that has it.
 * Null where there are fewer than `1 / far` pairs of different persons, of which one alone is too many.
 *
 * @see https://nvlpubs.nist.gov/nistpubs/ir/2014/NIST.IR.8009.pdf (FRVT: rates at a threshold of the empirical curve)
 */
export function tarAtFar(roc: Roc, far: number): number | null {
  if (roc.different < Math.round(1 / far)) return null;
  const over = roc.thresholds.findIndex((_, k) => farAt(roc, k) > far);
  return tarAt(roc, over < 0 ? roc.thresholds.length - 1 : over - 1);
}

/**
 * Where the false accept rate equals the false reject rate (1 - true accept rate), on the straight lines between the points of the
 * curve. 0..1.
 *
 * @see ISO/IEC 19795-1, equal error rate
 */
export function equalErrorRate(roc: Roc): number {
  const lead = (k: number): number => farAt(roc, k) - (1 - tarAt(roc, k)); // -1 at the first point, 1 at the last
  const after = roc.thresholds.findIndex((_, k) => lead(k) >= 0);
  const share = lead(after - 1) / (lead(after - 1) - lead(after));
  return farAt(roc, after - 1) + share * (farAt(roc, after) - farAt(roc, after - 1));
}

/** A threshold, and the share of pairs that it tells rightly, 0..1. */
export interface BestThreshold {
  readonly threshold: number;
  readonly accuracy: number;
}

/** In the middle between the lowest score that is accepted and the highest that is not. */
function thresholdAfter({ thresholds }: Roc, k: number): number {
  const [accepted, refused] = [at(thresholds, k), thresholds[k + 1]];
  if (refused === undefined) return accepted - 0.5;
  if (accepted === Infinity) return refused + 0.5;
  const middle = (accepted + refused) / 2;
  return middle > refused ? middle : accepted;
}

/** The threshold that tells most pairs rightly; of several the highest, which accepts fewest. */
export function bestThreshold(roc: Roc): BestThreshold {
  const { same, different, acceptedSame, acceptedDifferent, thresholds } = roc;
  const right = thresholds.map((_, k) => at(acceptedSame, k) + different - at(acceptedDifferent, k));
  const most = right.reduce((a, b) => Math.max(a, b), 0);
  return { threshold: thresholdAfter(roc, right.indexOf(most)), accuracy: most / (same + different) };
}

/** Mean and standard deviation (of the folds, not of the mean) of the accuracy, 0..1. */
export interface FoldAccuracy {
  readonly mean: number;
  readonly deviation: number;
}

/**
 * The protocol of LFW: each fold is told by the threshold that is best for the pairs of all others.
 *
 * @param folds Number of the fold of each pair; at least two folds.
 * @see http://vis-www.cs.umass.edu/lfw/lfw.pdf (View 2)
 */
export function accuracyOfFolds(
  scores: readonly number[],
  same: readonly boolean[],
  folds: readonly number[],
): FoldAccuracy {
  const draw = createRoc(scores, same);
  const accuracies = [...new Set(folds)].map((fold) => {
    const { threshold } = bestThreshold(draw(folds.map((other) => (other === fold ? 0 : 1))));
    const own = [...folds.keys()].filter((pair) => folds[pair] === fold);
    const right = own.filter((pair) => (scores[pair] ?? Number.NaN) >= threshold === same[pair]);
    return right.length / own.length;
  });
  const mean = accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length;
  const squares = accuracies.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / accuracies.length) };
}
