import type { Buckets } from './metric.ts';

/** What was observed between two moments; `before` undefined: since the start. */
export function subtract(now: Buckets, before: Buckets | undefined): Buckets {
  if (before === undefined) return now;
  return {
    bounds: now.bounds,
    counts: now.counts.map((count, index) => Math.max(0, count - (before.counts[index] ?? 0))),
    sum: now.sum - before.sum,
  };
}

/** Number of observations. */
export function countOf(buckets: Buckets): number {
  return buckets.counts.at(-1) ?? 0;
}

/**
 * The `q`-quantile by linear interpolation within its bucket; the highest finite bound where it lies beyond; null
 * without observations.
 *
 * @param q 0..1.
 * @see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 */
export function quantile(buckets: Buckets, q: number): number | null {
  const { bounds, counts } = buckets;
  const total = countOf(buckets);
  if (total === 0) return null;
  const rank = q * total;
  const at = counts.findIndex((count) => count >= rank);
  const upper = bounds[at] ?? Number.POSITIVE_INFINITY;
  const lower = at > 0 ? (bounds[at - 1] ?? 0) : 0;
  if (!Number.isFinite(upper)) return lower;
  const below = at > 0 ? (counts[at - 1] ?? 0) : 0;
  const inside = (counts[at] ?? 0) - below;
  return inside === 0 ? upper : lower + ((upper - lower) * (rank - below)) / inside;
}
