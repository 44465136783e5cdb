import { collectDefaultMetrics, Registry } from 'prom-client';
import { TelemetryError } from './errors.ts';
import { createGpuMetrics, type GpuSample } from './gpu-metrics.ts';
import { createMetricFactory } from './metric-factory.ts';

/** Metrics of a process that keeps one worker a GPU. */
export interface FleetTelemetry {
  readonly registry: Registry;
  /** The worker of this GPU was started again. */
  restarted(gpu: number): void;
  /** Whether the worker of this GPU runs and told its metrics. */
  up(gpu: number, isUp: boolean): void;
  /** A running worker did not tell its metrics in time. */
  scrapeFailed(gpu: number): void;
  /** Replaces what the GPUs last answered; GPUs without a worker of this fleet are left out. */
  setGpuSamples(samples: readonly GpuSample[]): void;
}

/**
 * Creates the metrics of a fleet in a registry of their own, its process metrics (without the label `gpu`) among them.
 *
 * @param gpus Numbers as nvidia-smi gives them.
 */
export function createFleetTelemetry(gpus: readonly number[]): FleetTelemetry {
  if (!Array.isArray(gpus))
    throw new TelemetryError('invalid_options', 'gpus: expected a list of numbers of GPUs');
  const registry = new Registry();
  const factory = createMetricFactory(registry);
  const restarts = factory.counter(
    'trinetra_worker_restarts_total',
    'Worker processes that ended and were started again',
    ['gpu'],
  );
  const up = factory.gauge(
    'trinetra_worker_up',
    'Whether the worker process of the GPU runs and told its metrics for this scrape: 1 or 0',
    ['gpu'],
  );
  const failures = factory.counter(
    'trinetra_worker_scrape_failures_total',
    'Scrapes without the metrics of a worker process that runs',
    ['gpu'],
  );
  const setGpuSamples = createGpuMetrics(factory);
  collectDefaultMetrics({ register: registry });
  for (const gpu of gpus) {
    restarts.inc({ gpu }, 0);
    failures.inc({ gpu }, 0);
    up.set({ gpu }, 0);
  }
  return {
    registry,
    restarted: (gpu) => restarts.inc({ gpu }),
    up: (gpu, isUp) => up.set({ gpu }, isUp ? 1 : 0),
    scrapeFailed: (gpu) => failures.inc({ gpu }),
    setGpuSamples: (samples) => setGpuSamples(samples.filter(({ index }) => gpus.includes(index))),
  };
}
