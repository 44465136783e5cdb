import { TrinetraError } from '@trinetra/contracts';

/**
 * - `invalid_options`: an option has a wrong value;
 * - `metric_conflict`: the registry has such a metric already;
 * - `listen_failed`: the address cannot be had.
 */
export type TelemetryErrorCode = 'invalid_options' | 'metric_conflict' | 'listen_failed';

/** Thrown by this package; `invalid_options` and `metric_conflict` are mistakes of the caller. */
export class TelemetryError extends TrinetraError<TelemetryErrorCode> {}
