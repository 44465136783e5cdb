import { defined } from '@trinetra/contracts';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { TelemetryError } from './errors.ts';

/**
 * Upper bounds of latency buckets, seconds. Dense between 10 and 150 ms, where a batch of four frames
 * lives (the design expects 25 to 140 ms); up to a minute for frames that waited through an outage.
 */
export const latencyBuckets: readonly number[] = Object.freeze([
  0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
]);

/**
 * Upper bounds of the buckets of the end-to-end latency, seconds: those of {@link latencyBuckets}, and between them, from 30 ms to
 * 10 minutes, neighbours at most a quarter apart. A percentile is interpolated within its bucket: between 10 and 30 s it was wrong by
 * up to a factor of two, just where an overloaded worker is. The histogram has no labels: these are 66 series a worker.
 */
export const endToEndBuckets: readonly number[] = Object.freeze([
  0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.03, 0.0375, 0.045, 0.05, 0.06, 0.075, 0.09, 0.1, 0.125, 0.15,
  0.18, 0.22, 0.25, 0.3, 0.36, 0.43, 0.5, 0.6, 0.72, 0.86, 1, 1.2, 1.45, 1.75, 2.1, 2.5, 3, 3.6, 4.3, 5, 6,
  7.2, 8.6, 10, 12, 14.5, 17.5, 21, 25, 30, 36, 43, 50, 60, 72, 86, 100, 120, 145, 175, 210, 250, 300, 360,
  430, 500, 600,
]);

/** Makes metrics in one registry, never in prom-client's global one, and takes them out again. */
export interface MetricFactory {
  counter<T extends string>(
    name: string,
    help: string,
    labelNames?: readonly T[],
    collect?: () => void,
  ): Counter<T>;
  gauge<T extends string>(
    name: string,
    help: string,
    labelNames?: readonly T[],
    collect?: () => void | Promise<void>,
  ): Gauge<T>;
  histogram<T extends string>(
    name: string,
    help: string,
    labelNames?: readonly T[],
    buckets?: readonly number[],
  ): Histogram<T>;
  /** Takes every metric made here out of the registry. */
  removeAll(): void;
}

export function createMetricFactory(registry: Registry): MetricFactory {
  const names: string[] = [];
  const registers = [registry];
  const register = <M>(name: string, make: () => M): M => {
    if (registry.getSingleMetric(name) !== undefined) {
      throw new TelemetryError(
        'metric_conflict',
        `registry: expected no metric ${name} yet but found one; give each telemetry its own registry`,
      );
    }
    const metric = make();
    names.push(name);
    return metric;
  };
  return {
    counter: (name, help, labelNames = [], collect) =>
      register(name, () => new Counter(defined({ name, help, labelNames, registers, collect }))),
    gauge: (name, help, labelNames = [], collect) =>
      register(name, () => new Gauge(defined({ name, help, labelNames, registers, collect }))),
    histogram: (name, help, labelNames = [], buckets = latencyBuckets) =>
      register(name, () => new Histogram({ name, help, labelNames, buckets: [...buckets], registers })),
    removeAll() {
      for (const name of names.splice(0)) registry.removeSingleMetric(name);
    },
  };
}
