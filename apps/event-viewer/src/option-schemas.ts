import { matchesGlob } from '@trinetra/contracts';
import { parseFlags } from '@trinetra/env-settings';
import { z } from 'zod';
import { invalidOptions } from './errors.ts';

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

/** @throws {ViewerError} `invalid_options`, one line for each problem. */
export const parseValues = <T>(schema: z.ZodType<T>, given: Readonly<Record<string, unknown>>): T =>
  parseFlags(schema, given, invalidOptions);
