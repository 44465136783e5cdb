import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** How often the pairs are drawn anew for an interval. */
export const resamples = 1000;

/** The same draws each time, so that a report can be repeated. */
export const seed = 1;

export type Interval = readonly [low: number, high: number];

/**
 * Draws pairs anew, with putting back, `resamples` times: as many of the same person and as many of different ones as there are. Each
 * draw is how often each pair came.
 *
 * @see Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapters 6 and 13
 */
export function* drawPairs(same: readonly boolean[]): Generator<Uint32Array> {
  const random = xoroshiro128plus(seed);
  const groups = [true, false].map((kind) => [...same.keys()].filter((pair) => same[pair] === kind));
  for (let sample = 0; sample < resamples; sample += 1) {
    const weights = new Uint32Array(same.length);
    for (const group of groups) {
      for (let draw = 0; draw < group.length; draw += 1) {
        const pair = group[uniformInt(random, 0, group.length - 1)] ?? 0;
        weights[pair] = (weights[pair] ?? 0) + 1;
      }
    }
    yield weights;
  }
}

/** A percentile as `numpy.percentile` has it, on the straight line between two values. */
function percentile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(place)] ?? Number.NaN, sorted[Math.ceil(place)] ?? Number.NaN];
  return low + (place - Math.floor(place)) * (high - low);
}

/** The middle 95 % of values that the draws gave. */
export function intervalOf(values: readonly number[]): Interval {
  const sorted = values.toSorted((a, b) => a - b);
  return [percentile(sorted, 0.025), percentile(sorted, 0.975)];
}
