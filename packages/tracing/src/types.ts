import type { Logger } from '@trinetra/contracts';
import type { Tracers } from './follow-frames.ts';

/** Where spans go and which frames have them: names and values are those of the environment variables of OpenTelemetry. */
export interface TraceSettings {
  readonly OTEL_TRACES_EXPORTER: 'otlp' | 'console' | 'none';
  readonly OTEL_EXPORTER_OTLP_ENDPOINT: string;
  readonly OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' | 'http/json';
  readonly OTEL_SERVICE_NAME: string | undefined;
  readonly OTEL_RESOURCE_ATTRIBUTES: Readonly<Record<string, string>> | undefined;
  readonly OTEL_TRACES_SAMPLER: `${'parentbased_' | ''}${'always_on' | 'always_off' | 'traceidratio'}`;
  readonly OTEL_TRACES_SAMPLER_ARG: number;
}

export interface TracingOptions {
  readonly settings: TraceSettings;
  /** Name of the service where `OTEL_SERVICE_NAME` does not say. */
  readonly serviceName: string;
  readonly version: string;
  /** Tells the processes of a service apart. */
  readonly instanceId: string;
  readonly logger: Logger;
  /** Aborted: the process stops, and has {@link stopTimeoutMs} for it. */
  readonly signal: AbortSignal;
  readonly stopTimeoutMs: number;
}

export interface Tracing extends AsyncDisposable {
  readonly tracers: Tracers;
  /** Sends what waits, for as long as the stop of the process allows. A second call does nothing. */
  close(): Promise<void>;
}
