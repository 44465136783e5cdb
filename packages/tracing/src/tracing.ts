import type { Tracing, TracingOptions } from './open-tracing.ts';
import { areTracesOn } from './trace-settings.ts';

/** Starts the SDK of OpenTelemetry as the configuration says; undefined where traces are off: then none of it is loaded. */
export async function startTracing(options: TracingOptions): Promise<Tracing | undefined> {
  if (!areTracesOn(options.config)) return undefined;
  const { openTracing } = await import('./open-tracing.ts');
  return openTracing(options);
}
