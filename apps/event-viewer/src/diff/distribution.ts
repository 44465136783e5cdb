/** Step of the counted values. */
const stepsPerUnit = 100_000;

/** Statistics of many values, in constant memory. */
export interface Distribution {
  add(value: number): void;
  readonly count: number;
  /** Exact. Null without values, like all that follow. */
  readonly mean: number | null;
  readonly least: number | null;
  readonly most: number | null;
  /**
   * The value that `share` of the values do not exceed (nearest rank), within 0.00001.
   *
   * @param share 0..1
   */
  percentile(share: number): number | null;
}

/** For values in `low`..`high`, whole numbers. Values beyond are clamped. */
export function createDistribution(low: number, high: number): Distribution {
  const counts = new Uint32Array((high - low) * stepsPerUnit + 1);
  let [count, sum, least, most] = [0, 0, Infinity, -Infinity];
  const orNull = (value: number): number | null => (count === 0 ? null : value);
  return {
    add(value) {
      const within = Math.min(high, Math.max(low, value));
      const step = Math.round((within - low) * stepsPerUnit);
      counts[step] = (counts[step] ?? 0) + 1;
      count += 1;
      sum += within;
      least = Math.min(least, within);
      most = Math.max(most, within);
    },
    get count() {
      return count;
    },
    get mean() {
      return orNull(sum / count);
    },
    get least() {
      return orNull(least);
    },
    get most() {
      return orNull(most);
    },
    percentile(share) {
      const rank = Math.min(count, Math.max(1, Math.ceil(share * count)));
      let seen = 0;
      const step = counts.findIndex((some) => {
        seen += some;
        return seen >= rank;
      });
      return orNull(Math.min(most, Math.max(least, low + step / stepsPerUnit)));
    },
  };
}
