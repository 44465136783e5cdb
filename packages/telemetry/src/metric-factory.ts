import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { TelemetryError } from './errors.ts';

/**
 * Upper bounds of latency buckets, seconds. Dense between 10 and 150 ms, where a batch of four frames
 * lives (the design expects 25 to 140 ms); up to a minute for frames that waited through an outage.
 */
export const latencyBuckets: readonly number[] = Object.freeze([
  0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
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
      register(name, () => {
        const base = { name, help, labelNames, registers: [registry] };
        return new Counter(collect === undefined ? base : { ...base, collect: () => collect() });
      }),
    gauge: (name, help, labelNames = [], collect) =>
      register(name, () => {
        const base = { name, help, labelNames, registers: [registry] };
        return new Gauge(collect === undefined ? base : { ...base, collect: () => collect() });
      }),
    histogram: (name, help, labelNames = [], buckets = latencyBuckets) =>
      register(
        name,
        () => new Histogram({ name, help, labelNames, buckets: [...buckets], registers: [registry] }),
      ),
    removeAll() {
      for (const name of names.splice(0)) registry.removeSingleMetric(name);
    },
  };
}
