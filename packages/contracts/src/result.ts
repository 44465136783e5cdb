import { TrinetraError } from './errors.ts';

/**
 * The result of one item of a call: a value, or why there is none. Items fail individually; a call rejects only
 * if it fails as a whole.
 */
export type Result<T, Reason extends string = string> =
  | { readonly ok: true; readonly value: T }
  | Failure<Reason>;

/** The half of a {@link Result} that has no value. */
export interface Failure<Reason extends string = string> {
  readonly ok: false;
  /** One of a closed set, for metrics and events. */
  readonly reason: Reason;
  /** One sentence, if there is more to say than the reason. */
  readonly message?: string;
  /** What was thrown, if anything. */
  readonly error?: unknown;
}

/** The value. @throws what was thrown where there is none, else an error with its reason and message. */
export function valueOrThrow<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw result.error ?? new TrinetraError(result.reason, result.message ?? result.reason);
}
