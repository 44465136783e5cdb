import { TrinetraError } from '@trinetra/contracts';

/**
 * - `invalid_options`: an option has a wrong value;
 * - `access_denied`: Redis refused the user or the password, or a command is not allowed for the user;
 * - `unsupported_server`: Redis is older than 7.0, or a node of a Redis Cluster;
 * - `unreachable`: Redis cannot be reached (retryable);
 * - `unknown_outcome`: a lease was settled with an outcome that the options do not name;
 * - `already_read`: `leases()` was called a second time;
 * - `closed`: the source is closed.
 */
export type RedisBatchSourceErrorCode =
  | 'invalid_options'
  | 'access_denied'
  | 'unsupported_server'
  | 'unreachable'
  | 'unknown_outcome'
  | 'already_read'
  | 'closed';

export class RedisBatchSourceError extends TrinetraError<RedisBatchSourceErrorCode> {}
