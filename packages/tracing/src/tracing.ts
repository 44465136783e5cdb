import type { Tracing, TracingOptions } from './types.ts';

/**
 * Starts the SDK of OpenTelemetry, which is loaded only now. Closing it sends what waits, for as long as the stop of the process allows.
 *
 * The exporter reads `OTEL_EXPORTER_OTLP_*` from the environment by itself.
 */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { openTracing } = await import('./open-tracing.ts');
  return openTracing(options);
}
