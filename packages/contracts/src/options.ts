import type { z } from 'zod';

/** What makes the error of a package from the text of what is wrong. */
export type OptionsErrorOf = (message: string, options: { readonly cause: unknown }) => Error;

/** How {@link parseOptions} tells what is wrong. */
export interface ParseOptions {
  /** The package's own error, by convention with the code `invalid_options`. */
  readonly errorOf: OptionsErrorOf;
  /** Stands before each path, as in `telemetry.port`. Default: nothing. */
  readonly prefix?: string;
}

/** The number or flag that stands at a path; undefined for anything else, so that no password gets into a message. */
function receivedAt(value: unknown, path: readonly PropertyKey[]): number | boolean | undefined {
  const found = path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  );
  return typeof found === 'number' || typeof found === 'boolean' ? found : undefined;
}

/**
 * Every problem of a value as one text, `path: message; path: message`. Numbers and flags that were received are told; texts never
 * are, as one may be a password.
 */
export function describeIssues(error: z.ZodError, value: unknown, prefix?: string): string {
  return error.issues
    .map(({ path, message }) => {
      const name = [...(prefix === undefined ? [] : [prefix]), ...path.map(String)].join('.') || 'options';
      const received = receivedAt(value, path);
      return `${name}: ${message}${received === undefined ? '' : `, received ${received}`}`;
    })
    .join('; ');
}

/**
 * Checks the options that a caller gave. Keys whose value is undefined count as not given, so that defaults apply to them.
 *
 * @throws what `errorOf` makes, naming every option that is wrong.
 */
export function parseOptions<T>(schema: z.ZodType<T>, given: object, how: ParseOptions): T {
  const parsed = schema.safeParse(defined(given));
  if (parsed.success) return parsed.data;
  throw how.errorOf(describeIssues(parsed.error, given, how.prefix), { cause: parsed.error });
}

/** Optional keys of `T` whose value may not be undefined any more. */
export type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** A copy without the keys whose value is undefined. */
export function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Defined<T>;
}
