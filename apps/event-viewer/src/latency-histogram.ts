/** Neighbouring buckets differ by this factor, so a percentile is at most 0.5 % off. */
const growth = 1.01;
/** Values beyond count as this, ms (11 days): it bounds the number of buckets to 2,084. */
const longestMs = 1e9;

/** Percentiles of any number of values in bounded memory. */
export interface LatencyHistogram {
  /** @param ms Below 1 (also below 0: clocks that differ) counts as less than 1. */
  add(ms: number): void;
  /** Adds all of another one. */
  merge(other: LatencyHistogram): void;
  /**
   * The value, within 0.5 %, that `share` of the values do not exceed (nearest rank); null for no values.
   *
   * @param share 0..1
   */
  percentile(share: number): number | null;
  readonly count: number;
  /** How many values are in which bucket. */
  readonly buckets: ReadonlyMap<number, number>;
}

/** Bucket 0 is below 1 ms; bucket k > 0 is from growth^(k-1) to growth^k ms. */
function bucketOf(ms: number): number {
  return ms < 1 ? 0 : Math.floor(Math.log(Math.min(ms, longestMs)) / Math.log(growth)) + 1;
}

const middleOf = (bucket: number): number => (bucket === 0 ? 0.5 : growth ** (bucket - 0.5));

/**
 * A histogram of logarithmic buckets.
 *
 * @see https://arxiv.org/abs/1908.10693 (DDSketch: relative-error guarantees of logarithmic buckets)
 */
export function createLatencyHistogram(): LatencyHistogram {
  const buckets = new Map<number, number>();
  let count = 0;
  const addTo = (bucket: number, values: number): void => {
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + values);
    count += values;
  };
  return {
    add: (ms) => addTo(bucketOf(ms), 1),
    merge(other) {
      for (const [bucket, values] of other.buckets) addTo(bucket, values);
    },
    percentile(share) {
      const rank = Math.min(count, Math.max(1, Math.ceil(share * count)));
      let seen = 0;
      for (const bucket of [...buckets.keys()].sort((a, b) => a - b)) {
        seen += buckets.get(bucket) ?? 0;
        if (seen >= rank) return middleOf(bucket);
      }
      return null;
    },
    get count() {
      return count;
    },
    buckets,
  };
}
