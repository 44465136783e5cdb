const marker = Symbol.for('trinetra.error');

/** Names of an error class and its ancestors, up to `TrinetraError`. */
function classNamesOf(errorClass: object): string[] {
  const names: string[] = [];
  for (
    let at: unknown = errorClass;
    typeof at === 'function' && at !== Error;
    at = Object.getPrototypeOf(at)
  ) {
    names.push(at.name);
  }
  return names;
}

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
    Object.defineProperty(this, marker, { value: classNamesOf(new.target) });
  }

  /**
   * Whether a value is an error of this class or a subclass. It compares class names, so unlike `instanceof` it
   * works across copies of a package.
   */
  static isInstance<T extends TrinetraError>(
    this: abstract new (
      ...args: never
    ) => T,
    value: unknown,
  ): value is T {
    if (typeof value !== 'object' || value === null) return false;
    const names: unknown = Reflect.get(value, marker);
    if (!Array.isArray(names)) return false;
    const anyOfOurs: unknown = TrinetraError; // whose name a bundler may have changed in one of two copies
    // biome-ignore lint/complexity/noThisInStatic: a subclass asks for itself
    return this === anyOfOurs || names.includes(this.name);
  }
}
