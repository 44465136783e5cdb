import type { z } from 'zod';

/** `saveCrops` is `--save-crops`; a name in capitals is a variable or an argument. */
export function flagName(name: string): string {
  if (/^[A-Z_]+$/.test(name)) return name;
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * Checks the values of a command line.
 *
 * @throws what `errorOf` makes of all problems, a line `--name: message` each.
 */
export function parseFlags<T>(
  schema: z.ZodType<T>,
  values: Readonly<Record<string, unknown>>,
  errorOf: (text: string) => Error,
): T {
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(
    ({ path, message }) => `${flagName(String(path[0] ?? ''))}: ${message}`,
  );
  throw errorOf(lines.join('\n'));
}
