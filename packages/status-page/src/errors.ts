import { TrinetraError } from '@trinetra/contracts';

/**
 * - `invalid_options`: an option is out of range or unknown.
 * - `listen_failed`: the address cannot be had.
 */
export type StatusPageErrorCode = 'invalid_options' | 'listen_failed';

/** What creating a page throws; a page that runs throws nothing. */
export class StatusPageError extends TrinetraError<StatusPageErrorCode> {}
