import type { Gauge } from 'prom-client';
import type { MetricFactory } from './metric-factory.ts';

/** What one GPU answered; a value that it does not know is undefined. */
export interface GpuSample {
  readonly index: number;
  /** 0..100. */
  readonly utilizationPct: number | undefined;
  /** MiB, as nvidia-smi counts. */
  readonly memoryUsedMb: number | undefined;
}

/**
 * Keeps the GPU metrics: each is registered at its first value, so that a machine without a GPU has none,
 * and a GPU that stops answering leaves no stale value behind.
 */
export function createGpuMetrics(factory: MetricFactory): (samples: readonly GpuSample[]) => void {
  const lazily = (
    name: string,
    help: string,
    readingOf: (sample: GpuSample) => number | undefined,
  ): ((samples: readonly GpuSample[]) => void) => {
    let gauge: Gauge<'gpu'> | undefined;
    return (samples) => {
      gauge?.reset();
      for (const sample of samples) {
        const value = readingOf(sample);
        if (value === undefined) continue;
        gauge ??= factory.gauge(name, help, ['gpu'] as const);
        gauge.set({ gpu: String(sample.index) }, value);
      }
    };
  };
  const utilization = lazily(
    'trinetra_gpu_utilization_pct',
    'Share of the last sample period in which the GPU was busy, percent',
    ({ utilizationPct }) => utilizationPct,
  );
  const memory = lazily(
    'trinetra_gpu_vram_used_mb',
    'GPU memory in use, MiB',
    ({ memoryUsedMb }) => memoryUsedMb,
  );
  return (samples) => {
    utilization(samples);
    memory(samples);
  };
}
