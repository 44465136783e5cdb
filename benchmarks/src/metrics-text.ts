/** One line of a Prometheus text. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function parseMetrics(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, body = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
    if (name === undefined || value === undefined) return [];
    const labels = Object.fromEntries(
      [...body.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', text = '']) => [key, text]),
    );
    return [{ name, labels, value: Number(value) }];
  });
}

/** Sum of a metric over the samples with these labels. */
export function sumOf(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  return samples
    .filter((sample) => sample.name === name && matches(sample, labels))
    .reduce((sum, { value }) => sum + value, 0);
}

function matches(sample: Sample, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([key, value]) => sample.labels[key] === value);
}

/** Upper bounds and cumulative counts between two scrapes. */
function bucketsBetween(
  before: readonly Sample[],
  after: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>>,
): { readonly bound: number; readonly count: number }[] {
  return after
    .filter((sample) => sample.name === `${name}_bucket` && matches(sample, labels))
    .map(({ labels: own, value }) => {
      const le = own['le'] ?? '';
      const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
      return { bound, count: value - sumOf(before, `${name}_bucket`, { ...labels, le }) };
    })
    .toSorted((a, b) => a.bound - b.bound);
}

/** A histogram between two scrapes, as `histogram_quantile` of Prometheus reads it: linear within a bucket. */
export function quantileBetween(
  before: readonly Sample[],
  after: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>>,
  quantile: number,
): number {
  const buckets = bucketsBetween(before, after, name, labels);
  const rank = quantile * (buckets.at(-1)?.count ?? 0);
  if (rank === 0) return Number.NaN;
  let [lower, below] = [0, 0];
  for (const { bound, count } of buckets) {
    if (count >= rank) {
      if (!Number.isFinite(bound)) return lower;
      return lower + ((bound - lower) * (rank - below)) / (count - below);
    }
    [lower, below] = [bound, count];
  }
  return lower;
}
