import { within } from '@trinetra/contracts';
import type { MetricFactory } from './metric-factory.ts';

/** Longest wait of a scrape for the answer, ms: a fleet leaves out a worker that does not tell its metrics within a second. */
const limitMs = 750;

/**
 * Registers `trinetra_worker_ready`, which is asked for at each scrape. A question that fails, or that nobody answers in
 * time, counts as not ready.
 */
export function registerReadyMetric(factory: MetricFactory, ask: () => Promise<boolean>): void {
  const gauge = factory.gauge(
    'trinetra_worker_ready',
    'Whether the worker can do its work now, as /ready says: 1 or 0',
    [],
    async () => {
      const ready = await within(ask(), limitMs, false).catch(() => false);
      gauge.set(ready ? 1 : 0);
    },
  );
}
