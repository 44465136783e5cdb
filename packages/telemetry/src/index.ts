export { TelemetryError, type TelemetryErrorCode } from './errors.ts';
export { createFleetTelemetry, type FleetTelemetry } from './fleet-telemetry.ts';
export type { GpuSample } from './gpu-metrics.ts';
export { createGpuPoller, type GpuPoller, type GpuPollerOptions } from './gpu-poller.ts';
export { limitRepeats } from './limit-repeats.ts';
export { createLogLimiter, type LogLimiter, type LogLimiterOptions } from './log-limiter.ts';
export { createLogger, type LoggerOptions, type StructuredLogger } from './logger.ts';
export { maskCredentials } from './mask-credentials.ts';
export { type Exposition, mergeExpositions } from './merge-expositions.ts';
export {
  createMetricsServer,
  type MetricsServer,
  type MetricsServerOptions,
  type MetricsText,
} from './metrics-server.ts';
export { type Check, type CheckResult, createReadiness, type Readiness } from './readiness.ts';
export { type EngineInfo, type Stage, stages } from './recording.ts';
export { createTelemetry, type Telemetry } from './telemetry.ts';
export type { TelemetryOptions } from './telemetry-options.ts';
