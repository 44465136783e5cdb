import { requireOptions } from '@trinetra/contracts';
import { refusing, TracingError } from './errors.ts';
import type { Tracing, TracingOptions } from './types.ts';

/**
 * Starts the SDK of OpenTelemetry, which is loaded only now. Closing it sends what waits, for as long as the stop of the process allows.
 *
 * The exporter reads `OTEL_EXPORTER_OTLP_*` from the environment by itself.
 *
 * @throws {TracingError} `invalid_options`.
 */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { settings, signal } = requireOptions(options, refusing);
  if (settings === undefined || signal === undefined)
    throw new TracingError('invalid_options', 'settings, signal: expected both but received nothing');
  const { openTracing } = await import('./open-tracing.ts');
  return openTracing(options);
}
