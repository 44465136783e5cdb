import type { Logger } from '@trinetra/contracts';
import type { Tracers } from './follow-frames.ts';
import type { Settings } from './settings.ts';
import { areTracesOn } from './trace-settings.ts';

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

/** Starts the SDK of OpenTelemetry as the configuration says; undefined where traces are off: then none of it is loaded. */
export async function startTracing(options: TracingOptions): Promise<Tracing | undefined> {
  if (!areTracesOn(options.config)) return undefined;
  const { openTracing } = await import('./open-tracing.ts');
  return openTracing(options);
}
