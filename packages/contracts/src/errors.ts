const marker = Symbol.for('trinetra.error');

/**
 * Base of every error thrown by the TRINETRA libraries.
 *
 * `code` comes from a closed union of each package; `retryable` says whether the same call may succeed
 * later without a change of its arguments.
 */
export class TrinetraError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly retryable: boolean;

  constructor(
    code: Code,
    message: string,
    options: { readonly retryable?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? false;
    Object.defineProperty(this, marker, { value: true });
  }

  /** Works across copies of this package, where `instanceof` does not. */
  static isInstance(value: unknown): value is TrinetraError {
    return typeof value === 'object' && value !== null && marker in value;
  }
}
