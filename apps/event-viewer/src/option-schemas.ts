import { matchesGlob } from '@trinetra/contracts';
import { z } from 'zod';
import { ViewerError } from './errors.ts';

/** Variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

export const flag: z.ZodDefault<z.ZodBoolean> = z.boolean().default(false);

export const glob: z.ZodType<string> = z.string().transform((pattern, context) => {
  try {
    matchesGlob(pattern, '');
    if (pattern !== '') return pattern;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  context.addIssue(`expected a glob like cam_entrance_* but received "${pattern}"`);
  return z.NEVER;
});

export const redisUrl: z.ZodType<string> = z.string().refine(
  (text) => URL.canParse(text) && ['redis:', 'rediss:'].includes(new URL(text).protocol),
  // The value is not repeated: it may hold a password.
  'expected an address like redis://host:6379 or rediss://host:6379',
);

/** A number in `least`..`most`, both included. */
export function number(least: number, most: number): z.ZodType<number, string> {
  return z.string().transform((text, context) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (value >= least && value <= most) return value;
    context.addIssue(`expected a number in ${least}..${most} but received "${text}"`);
    return z.NEVER;
  });
}

/** A whole number from `least`. */
export function wholeNumber(least: number): z.ZodType<number, string> {
  return z.string().transform((text, context) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isSafeInteger(value) && value >= least) return value;
    context.addIssue(`expected a whole number from ${least} but received "${text}"`);
    return z.NEVER;
  });
}

/** `saveCrops` -> `--save-crops`; a name in capitals is a variable or an argument. */
function flagOf(path: readonly PropertyKey[]): string {
  const name = String(path[0] ?? '');
  return /^[A-Z_]+$/.test(name)
    ? name
    : `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** @throws {ViewerError} `bad_options`, one line for each problem. */
export function parseValues<T>(schema: z.ZodType<T>, given: Readonly<Record<string, unknown>>): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${flagOf(path)}: ${message}`);
  throw new ViewerError('bad_options', problems.join('\n'));
}
