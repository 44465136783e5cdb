import { drawPairs, type Interval, intervalOf } from './bootstrap.ts';
import { createRoc, type Roc } from './roc.ts';
import {
  accuracyOfFolds,
  areaUnderCurve,
  bestThreshold,
  equalErrorRate,
  type FoldAccuracy,
  tarAtFar,
} from './verification-metrics.ts';

/** What models are compared by, each 0..1. */
export const rateNames = [
  'rocAuc',
  'tarAtFar1e-2',
  'tarAtFar1e-3',
  'tarAtFar1e-4',
  'equalErrorRate',
  'accuracy',
] as const;
export type RateName = (typeof rateNames)[number];

/** Null where the pairs are too few for it. */
type Rates = Readonly<Record<RateName, number | null>>;

/** A difference to the first model, and its 95 % interval over pairs drawn anew. */
export interface Difference {
  readonly value: number;
  readonly interval: Interval;
}

export interface VerificationFigures {
  readonly rates: Rates;
  /** The threshold that tells most pairs rightly: `accuracy` is what it reaches on these same pairs. */
  readonly threshold: number;
  readonly thresholdInterval: Interval;
  /** Null where the pairs have no folds. */
  readonly foldAccuracy: FoldAccuracy | null;
  /** Null for the first model. */
  readonly difference: Readonly<Record<RateName, Difference | null>> | null;
}

interface Measured {
  readonly rates: Rates;
  readonly threshold: number;
}

function measure(roc: Roc): Measured {
  const { threshold, accuracy } = bestThreshold(roc);
  return {
    rates: {
      rocAuc: areaUnderCurve(roc),
      'tarAtFar1e-2': tarAtFar(roc, 1e-2),
      'tarAtFar1e-3': tarAtFar(roc, 1e-3),
      'tarAtFar1e-4': tarAtFar(roc, 1e-4),
      equalErrorRate: equalErrorRate(roc),
      accuracy,
    },
    threshold,
  };
}

/** By how much `rate` of a model is above that of the first, here and in each draw. */
function differenceOf(
  rate: RateName,
  model: number,
  measured: readonly Measured[],
  draws: readonly (readonly Measured[])[],
): Difference | null {
  const gap = (of: readonly Measured[]): number | null => {
    const [first, own] = [of[0]?.rates[rate] ?? null, of[model]?.rates[rate] ?? null];
    return first === null || own === null ? null : own - first;
  };
  const value = gap(measured);
  return value === null ? null : { value, interval: intervalOf(draws.map((drawn) => gap(drawn) ?? 0)) };
}

/**
 * The figures of each model on the same pairs: at least one of the same person, and one of different ones. All models share the draws
 * of pairs, so what one pair does to all of them is not taken for a difference.
 *
 * @param scores A list a model.
 * @param folds Of each pair; null where there are none.
 */
export function verificationFigures(
  scores: readonly (readonly number[])[],
  same: readonly boolean[],
  folds: readonly number[] | null,
): VerificationFigures[] {
  const curves = scores.map((own) => createRoc(own, same));
  const measured = curves.map((curve) => measure(curve()));
  const draws = Array.from(drawPairs(same), (weights) => curves.map((curve) => measure(curve(weights))));
  return measured.map(({ rates, threshold }, model) => ({
    rates,
    threshold,
    thresholdInterval: intervalOf(draws.map((drawn) => drawn[model]?.threshold ?? Number.NaN)),
    foldAccuracy: folds === null ? null : accuracyOfFolds(scores[model] ?? [], same, folds),
    difference:
      model === 0
        ? null
        : (Object.fromEntries(
            rateNames.map((rate) => [rate, differenceOf(rate, model, measured, draws)]),
          ) as Record<RateName, Difference | null>),
  }));
}
