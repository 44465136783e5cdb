import { describe, expect, it } from 'vitest';
import { verificationCases } from '../../test/accuracy-reference.ts';
import { createRoc } from './roc.ts';
import {
  accuracyOfFolds,
  areaUnderCurve,
  bestThreshold,
  equalErrorRate,
  tarAtFar,
} from './verification-metrics.ts';

describe('figures of verification are those of scikit-learn', () => {
  it.each(verificationCases.map((one) => [one.name, one] as const))('with %s', (_, one) => {
    const roc = createRoc(one.scores, one.same)(one.weights ?? undefined);
    expect(areaUnderCurve(roc)).toBeCloseTo(one.rocAuc, 12);
    expect([1e-2, 1e-3, 1e-4].map((far) => tarAtFar(roc, far))).toEqual(one.tar);
    expect(equalErrorRate(roc)).toBeCloseTo(one.equalErrorRate, 9);
    const { threshold, accuracy } = bestThreshold(roc);
    expect(threshold).toBeCloseTo(one.threshold, 12);
    expect(accuracy).toBeCloseTo(one.accuracy, 12);
    if (one.folds === null) return;
    const { mean, deviation } = accuracyOfFolds(one.scores, one.same, one.folds);
    expect(mean).toBeCloseTo(one.foldMean ?? Number.NaN, 12);
    expect(deviation).toBeCloseTo(one.foldDeviation ?? Number.NaN, 12);
  });
});

/** One pair of the same person, above all others, and so many of different ones. */
const against = (different: number): ReturnType<ReturnType<typeof createRoc>> =>
  createRoc(
    Array.from({ length: different + 1 }, (_, index) => (index === 0 ? 0.9 : -index / different)),
    Array.from({ length: different + 1 }, (_, index) => index === 0),
  )();

it.each([
  [1e-2, 99, null],
  [1e-2, 100, 1],
  [1e-3, 999, null],
  [1e-3, 1000, 1],
  [1e-4, 9999, null],
  [1e-4, 10_000, 1],
])('tells TAR at FAR %d of %d different pairs as %s', (far, different, expected) => {
  expect(tarAtFar(against(different), far)).toBe(expected);
});

it('accepts as many false ones as the rate allows, and not one more', () => {
  const same = [...Array.from({ length: 100 }, () => false), true, true, true];
  const scores = [0.8, 0.5, ...Array.from({ length: 98 }, () => 0), 0.9, 0.6, 0.4];
  expect(tarAtFar(createRoc(scores, same)(), 0.01)).toBeCloseTo(2 / 3, 12);
});

it('takes the highest of the thresholds that are best, in the middle between two scores', () => {
  const roc = createRoc([0.9, 0.7, 0.5, 0.3], [true, false, true, false])();
  expect(bestThreshold(roc)).toEqual({ threshold: 0.8, accuracy: 0.75 });
});
