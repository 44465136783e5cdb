import { describe, expect, it } from 'vitest';
import { verificationCases } from '../../test/accuracy-reference.ts';
import { drawPairs, intervalOf, resamples } from './bootstrap.ts';
import { rateNames, verificationFigures } from './verification-figures.ts';

describe('draws of pairs', () => {
  const same = [true, false, false, true, false];
  const draws = [...drawPairs(same)];

  it('keep the number of pairs of the same person and of different ones', () => {
    expect(draws).toHaveLength(resamples);
    for (const weights of draws) {
      expect((weights[0] ?? 0) + (weights[3] ?? 0)).toBe(2);
      expect((weights[1] ?? 0) + (weights[2] ?? 0) + (weights[4] ?? 0)).toBe(3);
    }
  });

  it('differ from each other, and are the same each time', () => {
    expect(new Set(draws.map(String)).size).toBeGreaterThan(20);
    expect([...drawPairs(same)]).toEqual(draws);
  });

  it('draw each pair as often as each other', () => {
    for (let pair = 0; pair < same.length; pair += 1) {
      const mean = draws.reduce((sum, weights) => sum + (weights[pair] ?? 0), 0) / draws.length;
      expect(mean).toBeGreaterThan(0.9);
      expect(mean).toBeLessThan(1.1);
    }
  });
});

it('an interval is the 2.5th and 97.5th percentile, as numpy has it', () => {
  expect(intervalOf(Array.from({ length: 101 }, (_, index) => (index * 37) % 101))).toEqual([2.5, 97.5]);
  expect(intervalOf([3, 1, 2])).toEqual([1.05, 2.95]); // numpy.percentile([3, 1, 2], [2.5, 97.5])
});

describe('figures of several models', () => {
  const { scores = [], same = [] } =
    verificationCases.find(({ name }) => name === '1100 different pairs') ?? {};
  const worse = scores.map(
    (score, pair) => score + (pair % 7 === 0 ? 0.4 : 0) * (same[pair] === true ? -1 : 1),
  );
  const [first, again, bad] = verificationFigures([scores, [...scores], worse], same, null);

  it('have no difference to the first for the first, and none that is not 0 for the same scores', () => {
    expect(first?.difference).toBeNull();
    for (const rate of rateNames) {
      const expected = rate === 'tarAtFar1e-4' ? null : { value: 0, interval: [0, 0] };
      expect(again?.difference?.[rate]).toEqual(expected);
    }
  });

  it('tell a worse model by an interval on the worse side of 0, around the difference', () => {
    for (const [rate, sign] of [
      ['rocAuc', -1],
      ['tarAtFar1e-2', -1],
      ['equalErrorRate', 1],
      ['accuracy', -1],
    ] as const) {
      const { value = 0, interval: [low, high] = [0, 0] } = bad?.difference?.[rate] ?? {};
      expect(value).toBeCloseTo((bad?.rates[rate] ?? 0) - (first?.rates[rate] ?? 0), 12);
      expect(Math.sign(low)).toBe(sign);
      expect(Math.sign(high)).toBe(sign);
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
    }
  });

  it('have a threshold within its interval', () => {
    const { threshold = Number.NaN, thresholdInterval: [low, high] = [0, 0] } = first ?? {};
    expect(low).toBeLessThan(threshold);
    expect(high).toBeGreaterThan(threshold);
  });

  it('give the interval of a mean the width that theory gives it', () => {
    // 400 pairs of the same person, of which 300 pass at a threshold that the different ones fix: a share of 0.75.
    const kinds = Array.from({ length: 600 }, (_, pair) => pair < 400);
    const base = kinds.map((kind, pair) => (kind ? (pair < 300 ? 1 : -1) : 0));
    const all = kinds.map((kind) => (kind ? 1 : 0));
    const [, figures] = verificationFigures([all, base], kinds, null);
    const [low, high] = figures?.difference?.['tarAtFar1e-2']?.interval ?? [0, 0];
    const deviation = Math.sqrt((0.75 * 0.25) / 400);
    expect((high - low) / (2 * 1.96 * deviation)).toBeGreaterThan(0.9);
    expect((high - low) / (2 * 1.96 * deviation)).toBeLessThan(1.1);
  });
});
