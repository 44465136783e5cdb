export { printable } from '@trinetra/contracts';
export { otherLabel } from './bounded-labels.ts';
export { type DurationUnit, durationUnit } from './duration-unit.ts';
export { TelemetryError, type TelemetryErrorCode, telemetryErrorCodes } from './errors.ts';
export { createFleetTelemetry, type FleetTelemetry } from './fleet-telemetry.ts';
export type { GpuSample } from './gpu-metrics.ts';
export {
  createGpuPoller,
  defaultGpuPollerOptions,
  type GpuPoller,
  type GpuPollerOptions,
} from './gpu-poller.ts';
export { limitRepeats } from './limit-repeats.ts';
export {
  createLogLimiter,
  defaultLogLimiterOptions,
  type LogLimiter,
  type LogLimiterOptions,
} from './log-limiter.ts';
export {
  createLogger,
  defaultLoggerOptions,
  type LoggerOptions,
  type LogLevel,
  logLevels,
  type StructuredLogger,
} from './logger.ts';
export { maskCredentials } from './mask-credentials.ts';
export { type Exposition, mergeExpositions } from './merge-expositions.ts';
export { endToEndBuckets, latencyBuckets } from './metric-factory.ts';
export {
  createMetricsServer,
  defaultMetricsServerOptions,
  type MetricsServer,
  type MetricsServerOptions,
} from './metrics-server.ts';
export { nvidiaSmiArguments, parseNvidiaSmi } from './parse-nvidia-smi.ts';
export { columns, printableJson } from './printable.ts';
export {
  type Check,
  type CheckResult,
  createReadiness,
  defaultReadinessOptions,
  type Readiness,
} from './readiness.ts';
export { type EngineInfo, type Recording, type Stage, stages } from './recording.ts';
export { type SanitiseOptions, sanitiseFields } from './sanitise.ts';
export type { CameraStatsLike, SourceStatsLike } from './source-metrics.ts';
export { createTelemetry, type Telemetry } from './telemetry.ts';
export { defaultTelemetryOptions, type TelemetryOptions } from './telemetry-options.ts';
