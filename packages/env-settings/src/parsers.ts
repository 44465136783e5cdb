import { z } from 'zod';

/** Reads the text of a setting; undefined is a setting that is not set and has no default. */
export type Parser<T> = z.ZodType<T, string | undefined>;

/**
 * Makes a parser.
 *
 * @param parse Gives undefined for a text that is wrong.
 * @param expected Goes into `expected EXPECTED but received "TEXT"`.
 * @param options `secret`: the message does not repeat the text, which may hold a password.
 */
export function parser<T>(
  parse: (text: string) => T | undefined,
  expected: string,
  options: { readonly secret?: true } = {},
): Parser<T> {
  return z.string(`expected ${expected}`).transform((text, context): T => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue(`expected ${expected}${options.secret === true ? '' : ` but received "${text}"`}`);
    return z.NEVER;
  });
}

/** Of a setting that may be not set: undefined then. */
export const optional = <T>(one: Parser<T>): Parser<T | undefined> => one.optional();

/** Any text but the empty one. */
export const text: Parser<string> = z.string().min(1, 'expected some text');

/** Any text, or undefined. */
export const optionalText: Parser<string | undefined> = z.string().optional();

function numeric(
  kind: string,
  minimum: number,
  maximum: number,
  fits: (value: number) => boolean,
): Parser<number> {
  const range = maximum === Number.MAX_SAFE_INTEGER ? `from ${minimum}` : `in ${minimum}..${maximum}`;
  return parser((given) => {
    const value = given.trim() === '' ? Number.NaN : Number(given);
    return value >= minimum && value <= maximum && fits(value) ? value : undefined;
  }, `${kind} ${range}`);
}

/** A whole number in `minimum`..`maximum`. */
export const whole = (minimum: number, maximum: number = Number.MAX_SAFE_INTEGER): Parser<number> =>
  numeric('a whole number', minimum, maximum, Number.isInteger);

/** A number in `minimum`..`maximum`. */
export const real = (minimum: number, maximum: number): Parser<number> =>
  numeric('a number', minimum, maximum, Number.isFinite);

/** One of some words, given in any case. */
export const oneOf = <const T extends readonly [string, ...string[]]>(...words: T): Parser<T[number]> =>
  parser<T[number]>(
    (given) => words.find((word) => word === given.toLowerCase()),
    `one of ${words.join(', ')}`,
  );

/** What a {@link flag} is. */
export type Flag = 'on' | 'off';

/** `on`, `true` or `1`; `off`, `false` or `0`. */
export const flag: Parser<Flag> = oneOf('on', 'off', 'true', 'false', '1', '0').transform(
  (word): Flag => (['on', 'true', '1'].includes(word) ? 'on' : 'off'),
);

/** An address of HTTP or HTTPS, which may hold a password. @param expected Names it in the message. */
export const httpUrl = (expected: string): Parser<string> =>
  parser(
    (given) => (URL.canParse(given) && /^https?:$/.test(new URL(given).protocol) ? given : undefined),
    expected,
    { secret: true },
  );

/** `name=value,name=value` with values percent-encoded, as in the header `baggage`. Undefined where the text has another form. */
function parsePairs(given: string): Record<string, string> | undefined {
  const parsed: Record<string, string> = {};
  for (const pair of given.split(',')) {
    const [, name, value = ''] = /^\s*([^\s=,]+)\s*=(.*)$/.exec(pair) ?? [];
    if (name === undefined) return undefined;
    try {
      parsed[name] = decodeURIComponent(value.trim());
    } catch {
      return undefined; // a % that is none
    }
  }
  return parsed;
}

/** `name=value` pairs, comma separated, values percent-encoded; one may be a password. @param example Goes into the message. */
export const pairs = (example: string): Parser<Readonly<Record<string, string>>> =>
  parser(parsePairs, `name=value pairs like ${example}, with , and % of a value as %2C and %25`, {
    secret: true,
  });
