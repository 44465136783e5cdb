import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLatencyHistogram } from './latency-histogram.ts';

function nearestRank(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? Number.NaN;
}

describe('createLatencyHistogram', () => {
  it('has no percentile without values', () => {
    expect(createLatencyHistogram().percentile(0.5)).toBeNull();
  });

  it('gives every percentile within 0.5 % of the exact one, also of histograms that were merged', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(300),
        (values, share, cut) => {
          const [one, other] = [createLatencyHistogram(), createLatencyHistogram()];
          for (const [i, value] of values.entries()) (i < cut ? one : other).add(value);
          one.merge(other);
          expect(one.count).toBe(values.length);
          const exact = nearestRank(values, share);
          expect(Math.abs((one.percentile(share) ?? 0) / exact - 1)).toBeLessThan(0.00501);
        },
      ),
    );
  });

  it('takes no more memory for values that cannot be', () => {
    const histogram = createLatencyHistogram();
    for (let i = -300; i < 300; i += 1) {
      histogram.add(10 ** i);
      histogram.add(-(10 ** i));
    }
    expect(histogram.buckets.size).toBeLessThan(20);
    expect(histogram.percentile(0)).toBe(0.5);
    expect(histogram.percentile(1)).toBeGreaterThan(0.99e9);
  });
});
