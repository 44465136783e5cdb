import { TrinetraError } from '@trinetra/contracts';

/** Every way in which this package fails. */
export const telemetryErrorCodes = ['bad_options', 'metric_conflict', 'listen_failed'] as const;

export type TelemetryErrorCode = (typeof telemetryErrorCodes)[number];

/** Thrown by this package; `bad_options` and `metric_conflict` are mistakes of the caller. */
export class TelemetryError extends TrinetraError<TelemetryErrorCode> {}
