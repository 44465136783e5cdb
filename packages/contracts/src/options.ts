import type { z } from 'zod';
import { ContractsError } from './contracts-error.ts';

/** Makes a package's error from a message. */
export type OptionsErrorOf = (message: string, options: { readonly cause: unknown }) => Error;

/** How {@link parseOptions} reports problems. */
export interface ParseOptions {
  /** The package's own error, by convention with the code `invalid_options`. */
  readonly errorOf: OptionsErrorOf;
  /** Precedes each path, as in `telemetry.port`. Default: nothing. */
  readonly prefix?: string;
}

/** The number or flag at a path; undefined for anything else, so that no password gets into a message. */
function receivedAt(value: unknown, path: readonly PropertyKey[]): number | boolean | undefined {
  const found = path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  );
  return typeof found === 'number' || typeof found === 'boolean' ? found : undefined;
}

/**
 * Joins all problems of a value as `path: message; path: message`. It repeats received numbers and flags, but
 * never texts, because one may be a password.
 */
function describeIssues(error: z.ZodError, value: unknown, prefix?: string): string {
  return error.issues
    .map(({ path, message }) => {
      const name = [...(prefix === undefined ? [] : [prefix]), ...path.map(String)].join('.') || 'options';
      const received = receivedAt(value, path);
      return `${name}: ${message}${received === undefined ? '' : `, received ${received}`}`;
    })
    .join('; ');
}

/** What came in place of options, without its content. */
function nameOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

/**
 * The options as they were given, before they are taken apart.
 *
 * @throws what `errorOf` makes where they are no object.
 */
export function requireOptions<T extends object>(given: T, { errorOf, prefix = 'options' }: ParseOptions): T {
  const value: unknown = given;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return given;
  throw errorOf(`${prefix}: expected an object but received ${nameOf(value)}`, { cause: undefined });
}

/** Refuses options with the error class of a package. */
export function refuseWith(
  ErrorClass: new (code: 'invalid_options', message: string, options: { readonly cause: unknown }) => Error,
  prefix?: string,
): ParseOptions {
  const errorOf: OptionsErrorOf = (message, because) => new ErrorClass('invalid_options', message, because);
  return prefix === undefined ? { errorOf } : { errorOf, prefix };
}

/** How options of this package are refused. */
export const refusing: ParseOptions = refuseWith(ContractsError);

/**
 * Checks a caller's options. Undefined values count as not given, so defaults apply.
 *
 * @throws what `errorOf` makes, with every wrong option.
 */
export function parseOptions<T>(schema: z.ZodType<T>, given: object, how: ParseOptions): T {
  const parsed = schema.safeParse(defined(requireOptions(given, how)));
  if (parsed.success) return parsed.data;
  throw how.errorOf(describeIssues(parsed.error, given, how.prefix), { cause: parsed.error });
}

/** `T` without `undefined` in the values of its optional keys. */
export type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Copies an object without its undefined values. */
export function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Defined<T>;
}
