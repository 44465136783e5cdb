import { isCameraId, type SourceStats, silentLogger, within } from '@trinetra/contracts';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { BoundedLabels } from './bounded-labels.ts';
import { CameraBooks } from './camera-books.ts';
import { createGpuMetrics, type GpuSample } from './gpu-metrics.ts';
import { createLogLimiter } from './log-limiter.ts';
import { createMetricFactory } from './metric-factory.ts';
import type { Recording } from './recording.ts';
import { registerSourceMetrics } from './source-metrics.ts';
import { parseTelemetryOptions, type TelemetryOptions } from './telemetry-options.ts';
import { createWorkerMetrics } from './worker-metrics.ts';

/** Longest wait of a scrape for `ask`, ms: a fleet leaves out a worker that does not tell its metrics within a second. */
const readyLimitMs = 750;

/** The worker's metrics. */
export interface Telemetry extends Recording, AsyncDisposable {
  /** Holds every metric; give it to {@link createMetricsServer}. */
  readonly registry: Registry;
  /** Asked once a scrape; undefined takes the source's metrics away. */
  setSourceStats(read: (() => SourceStats) | undefined): void;
  /** Asked at each scrape, for up to 0.75 s. Until it is set, and where it fails or is late, the worker is not ready. */
  setReady(ask: () => Promise<boolean>): void;
  /** Replaces what the GPUs last answered; `[]` takes the values away. */
  setGpuSamples(samples: readonly GpuSample[]): void;
  /** Takes the metrics out of the registry. Later calls of the other methods have no effect on it. */
  close(): Promise<void>;
}

/**
 * Creates the worker's metrics in a registry of their own.
 *
 * @throws {TelemetryError} `invalid_options`; `metric_conflict` where the given registry has such metrics already.
 * @example
 * const telemetry = createTelemetry({ workerId: 'worker-1', version: '1.0.0' });
 * telemetry.frameProcessed('cam_entrance_01');
 * console.log(await telemetry.registry.metrics());
 */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const values = parseTelemetryOptions(options);
  const limiter = createLogLimiter(options.logger ?? silentLogger);
  const registry = options.registry ?? new Registry();
  const factory = createMetricFactory(registry);
  const cameras = new BoundedLabels(values.maxCameraLabels, isCameraId, (cameraId) =>
    metrics.cameraForgotten(cameraId),
  );
  const books = new CameraBooks(cameras);
  let source: (() => SourceStats) | undefined = options.source;

  const metrics = createWorkerMetrics(factory, cameras, values);
  registerSourceMetrics(
    factory,
    books,
    () => source?.(),
    (error) => {
      metrics.scrapeErrors.inc();
      limiter.error('source_stats', { err: error }, 'could not read the statistics of the source');
    },
  );
  let askReady = (): Promise<boolean> => Promise.resolve(false);
  const ready = factory.gauge(
    'trinetra_worker_ready',
    'Whether the worker can do its work now, as /ready says: 1 or 0',
    [],
    async () => {
      const isReady = await within(askReady(), readyLimitMs, false).catch(() => false);
      ready.set(isReady ? 1 : 0);
    },
  );
  const setGpuSamples = createGpuMetrics(factory);
  let closed = false;
  if (values.processMetrics) collectDefaultMetrics({ register: registry });

  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    source = undefined;
    limiter.close();
    factory.removeAll();
    // Its process metrics cannot be taken out one by one; a registry that was given stays the caller's.
    if (options.registry === undefined) registry.clear();
  };
  return {
    registry,
    ...metrics.record,
    setSourceStats(read) {
      source = read;
      books.restart();
    },
    setReady(ask) {
      askReady = ask;
    },
    setGpuSamples(samples) {
      // A poll may end after close: its metrics are not to come back.
      if (!closed) setGpuSamples(samples);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
