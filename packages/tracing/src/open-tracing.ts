/** Loaded only where traces are on: it brings the SDK of OpenTelemetry with it. */
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
import { within } from '@trinetra/contracts';
import { ExportLog, loggedExporter } from './export-log.ts';
import type { TraceSettings, Tracing, TracingOptions } from './types.ts';

/** How long the last spans may take to be sent at a stop, ms, and what is left of the stop behind it. */
const flushLimitMs = 2000;
const exitMarginMs = 250;

async function createExporter(settings: TraceSettings): Promise<SpanExporter> {
  if (settings.OTEL_TRACES_EXPORTER === 'console') return new ConsoleSpanExporter();
  const { OTLPTraceExporter } =
    settings.OTEL_EXPORTER_OTLP_PROTOCOL === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter();
}

function createSampler({
  OTEL_TRACES_SAMPLER: name,
  OTEL_TRACES_SAMPLER_ARG: ratio,
}: TraceSettings): Sampler {
  const root = name.endsWith('always_on')
    ? new AlwaysOnSampler()
    : name.endsWith('always_off')
      ? new AlwaysOffSampler()
      : new TraceIdRatioBasedSampler(ratio);
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

/** See `startTracing`. */
export async function openTracing(options: TracingOptions): Promise<Tracing> {
  const { settings, serviceName, version, logger, signal, stopTimeoutMs } = options;
  const log = new ExportLog(logger);
  diag.setLogger(log.diagnostics, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const exporter = loggedExporter(await createExporter(settings), log);
  const processor = new BatchSpanProcessor({ exporter });
  const resource = defaultResource().merge(
    resourceFromAttributes({
      'service.name': serviceName,
      'service.version': version,
      'service.instance.id': options.instanceId,
      ...settings.OTEL_RESOURCE_ATTRIBUTES,
      ...(settings.OTEL_SERVICE_NAME !== undefined && { 'service.name': settings.OTEL_SERVICE_NAME }),
    }),
  );
  const tracerOf = (sampler: Sampler) =>
    new TracerProvider({ resource, sampler, spanProcessors: [processor] }).getTracer(serviceName, version);
  let stopBy = Number.POSITIVE_INFINITY;
  const onStop = (): void => {
    stopBy = performance.now() + stopTimeoutMs;
  };
  if (signal.aborted) onStop();
  signal.addEventListener('abort', onStop, { once: true });

  const finish = async (): Promise<void> => {
    const limitMs = Math.min(flushLimitMs, Math.max(0, stopBy - performance.now() - exitMarginMs));
    const sent = processor.shutdown().then(
      () => true,
      () => true, // the log has told why
    );
    if (!(await within(sent, limitMs, false))) log.unsent();
  };
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= finish();
    return closing;
  };
  const { OTEL_TRACES_EXPORTER: exporterKind } = settings;
  const endpoint = exporterKind === 'otlp' ? { endpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT } : {};
  logger.info({ exporter: exporterKind, ...endpoint }, 'frames are traced');
  return {
    tracers: {
      frames: tracerOf(createSampler(settings)),
      batches: tracerOf(new AlwaysOnSampler()),
      propagator: new W3CTraceContextPropagator(),
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
