/** Loaded only where traces are on: it brings the SDK of OpenTelemetry with it. */
import { setTimeout } from 'node:timers/promises';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ConsoleSpanExporter,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Logger } from '@trinetra/contracts';
import { ExportLog, loggedExporter } from './export-log.ts';
import type { Tracers } from './follow-frames.ts';
import type { Settings } from './settings.ts';

export interface TracingOptions {
  readonly config: Settings;
  readonly version: string;
  readonly logger: Logger;
  /** Aborted: the worker stops, and has `STOP_TIMEOUT_MS` for it. */
  readonly signal: AbortSignal;
}

export interface Tracing extends AsyncDisposable {
  readonly tracers: Tracers;
}

/** How long the last spans may take to be sent at a stop, ms, and what is left of the stop behind it. */
const flushLimitMs = 2000;
const exitMarginMs = 250;

/** It reads `OTEL_EXPORTER_OTLP_*` from the environment by itself. */
async function createExporter(config: Settings): Promise<SpanExporter> {
  if (config.OTEL_TRACES_EXPORTER === 'console') return new ConsoleSpanExporter();
  const { OTLPTraceExporter } =
    config.OTEL_EXPORTER_OTLP_PROTOCOL === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter();
}

function createSampler({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: ratio }: Settings): Sampler {
  const root = name.endsWith('always_on')
    ? new AlwaysOnSampler()
    : name.endsWith('always_off')
      ? new AlwaysOffSampler()
      : new TraceIdRatioBasedSampler(ratio);
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

/** Starts tracing; closing it sends what waits, for as long as the stop of the worker allows. */
export async function openTracing({ config, version, logger, signal }: TracingOptions): Promise<Tracing> {
  const log = new ExportLog(logger);
  diag.setLogger(log.diagnostics, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const exporter = loggedExporter(await createExporter(config), log);
  const processor = new BatchSpanProcessor({ exporter });
  const named = config.OTEL_SERVICE_NAME === undefined ? {} : { 'service.name': config.OTEL_SERVICE_NAME };
  const resource = defaultResource().merge(
    resourceFromAttributes({
      'service.name': 'trinetra-worker',
      'service.version': version,
      'service.instance.id': config.CONSUMER_NAME,
      ...config.OTEL_RESOURCE_ATTRIBUTES,
      ...named,
    }),
  );
  const tracerOf = (sampler: Sampler) =>
    new TracerProvider({ resource, sampler, spanProcessors: [processor] }).getTracer(
      'trinetra-worker',
      version,
    );
  let stopBy = Number.POSITIVE_INFINITY;
  const onStop = (): void => {
    stopBy = performance.now() + config.STOP_TIMEOUT_MS;
  };
  if (signal.aborted) onStop();
  signal.addEventListener('abort', onStop, { once: true });

  const close = async (): Promise<void> => {
    const limitMs = Math.min(flushLimitMs, Math.max(0, stopBy - performance.now() - exitMarginMs));
    const sent = processor.shutdown().then(
      () => true,
      () => true, // the log has told why
    );
    if (!(await Promise.race([sent, setTimeout(limitMs, false)]))) log.unsent();
  };
  const exporterKind = config.OTEL_TRACES_EXPORTER;
  const endpoint = exporterKind === 'otlp' ? { endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT } : {};
  logger.info({ exporter: exporterKind, ...endpoint }, 'frames are traced');
  return {
    tracers: {
      frames: tracerOf(createSampler(config)),
      batches: tracerOf(new AlwaysOnSampler()),
      propagator: new W3CTraceContextPropagator(),
    },
    [Symbol.asyncDispose]: close,
  };
}
