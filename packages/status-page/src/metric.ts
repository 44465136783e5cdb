/** One value of a metric. */
export interface MetricValue {
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  readonly value: number;
  /** Set in histograms: the metric's name with `_bucket`, `_sum` or `_count`. */
  readonly metricName?: string | undefined;
}

/** One metric with its values, as `getMetricsAsJSON()` of prom-client gives it. */
export interface Metric {
  readonly name: string;
  readonly values: readonly MetricValue[];
}

/** A histogram at one moment. */
export interface Buckets {
  /** Upper bounds, ascending, the last one infinite. */
  readonly bounds: readonly number[];
  /** Observations up to each bound. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** One scrape, queried by metric and label. A missing metric counts as 0. */
export class Readings {
  readonly #metrics: ReadonlyMap<string, readonly MetricValue[]>;

  constructor(metrics: readonly Metric[]) {
    this.#metrics = new Map(metrics.map(({ name, values }) => [name, values]));
  }

  values(name: string): readonly MetricValue[] {
    return this.#metrics.get(name) ?? [];
  }

  sum(name: string): number {
    return this.values(name).reduce((total, { value }) => total + value, 0);
  }

  /** Sums by the values of one label. */
  by(name: string, label: string): Map<string, number> {
    const sums = new Map<string, number>();
    for (const { labels, value } of this.values(name)) {
      const key = String(labels[label] ?? '');
      sums.set(key, (sums.get(key) ?? 0) + value);
    }
    return sums;
  }

  /** A histogram by the values of one label; under `''` if it has none. */
  histograms(name: string, label: string): Map<string, Buckets> {
    const found = new Map<string, { bounds: number[]; counts: number[]; sum: number }>();
    for (const { labels, value, metricName } of this.values(name)) {
      const key = String(labels[label] ?? '');
      const buckets = found.get(key) ?? { bounds: [], counts: [], sum: 0 };
      found.set(key, buckets);
      if (metricName === `${name}_sum`) buckets.sum = value;
      if (metricName !== `${name}_bucket`) continue;
      const bound = labels['le'];
      buckets.bounds.push(bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound));
      buckets.counts.push(value);
    }
    return found;
  }
}
