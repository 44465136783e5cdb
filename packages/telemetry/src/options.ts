import { z } from 'zod';
import { TelemetryError } from './errors.ts';

/**
 * Reads plain option values, and says all that is wrong with them at once.
 *
 * @throws {TelemetryError} `bad_options`, its message beginning with the path of each bad value.
 */
export function parseOptions<T>(schema: z.ZodType<T>, name: string, value: unknown): Readonly<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return Object.freeze(parsed.data);
  const problems = parsed.error.issues.map(
    (issue) => `${[name, ...issue.path.map(String)].join('.')}: ${issue.message}`,
  );
  throw new TelemetryError('bad_options', problems.join('; '));
}

/** A copy without the keys whose value is undefined, so that defaults apply to them. */
export function defined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Partial<T>;
}

/** A whole number of milliseconds in 1..86,400,000 (a day). */
export const durationMs: z.ZodType<number> = z.int().min(1).max(86_400_000);
