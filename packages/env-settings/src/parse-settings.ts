import type { z } from 'zod';
import { ConfigError } from './errors.ts';
import type { Environment, Setting, SettingsOf, SettingsTable } from './setting.ts';
import { textProblem } from './text-problem.ts';

/** Makes the error of a program from all that is wrong, a line `NAME: expected ...` each. */
export type ErrorOfProblems = (problems: readonly string[]) => Error;

/** The text that counts for a setting; an empty variable is not set. */
const textOf = (name: string, { isRead, fallback }: Setting<unknown>, env: Environment): string | undefined =>
  (isRead?.(env) === false ? undefined : env[name]) || fallback;

const configError: ErrorOfProblems = (problems) => new ConfigError(problems);

const messagesOf = (error: z.ZodError): string => error.issues.map(({ message }) => message).join('; ');

/**
 * Reads the settings of a table from the environment.
 *
 * @throws {ConfigError}, or what `errorOf` makes, with all problems together.
 */
export function parseSettings<Table extends SettingsTable>(
  table: Table,
  env: Environment,
  errorOf: ErrorOfProblems = configError,
): SettingsOf<Table> {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, setting] of Object.entries(table)) {
    const text = textOf(name, setting, env);
    const problem = textProblem(name, text ?? '', setting.secret === true);
    const parsed = setting.schema.safeParse(text);
    if (problem !== null) problems.push(`${name}: ${problem}`);
    else if (parsed.success) values[name] = parsed.data;
    else problems.push(`${name}: ${messagesOf(parsed.error)}`);
  }
  for (const [name, { rule }] of Object.entries(table)) {
    const problem = rule?.(values) ?? null;
    if (problem !== null) problems.push(`${name}: ${problem}`);
  }
  if (problems.length > 0) throw errorOf(problems);
  return values as SettingsOf<Table>;
}

/**
 * Looks at the files that the values name.
 *
 * @throws {ConfigError}, or what `errorOf` makes, with all problems together.
 */
export async function checkSettings<Table extends SettingsTable>(
  table: Table,
  values: SettingsOf<Table>,
  errorOf: ErrorOfProblems = configError,
): Promise<void> {
  const found = await Promise.all(
    Object.entries(table).map(async ([name, setting]) => {
      const value: unknown = values[name];
      const problem = value === undefined || value === null ? null : await setting.check?.(value);
      return problem === null || problem === undefined ? [] : [`${name}: ${problem}`];
    }),
  );
  const problems = found.flat();
  if (problems.length > 0) throw errorOf(problems);
}

/**
 * `NAME=value` lines of what is in force, whether or not it is valid; the values of secrets are `***`.
 *
 * @param mask Takes passwords out of the other values, such as out of addresses.
 */
export function printSettings(
  table: SettingsTable,
  env: Environment,
  mask: (value: string) => string,
): string {
  const lines = Object.entries(table).map(([name, setting]) => {
    const value = textOf(name, setting, env);
    if (value === undefined) return `# ${name} is not set`;
    return `${name}=${setting.secret === true ? '***' : mask(value)}`;
  });
  return lines.join('\n');
}

/** A line for each setting with its help and its default, for `--help`. */
export function describeSettings(table: SettingsTable): string {
  const width = Math.max(...Object.keys(table).map((name) => name.length));
  const lines = Object.entries(table).map(([name, { fallback, help, isOfMachine }]) => {
    const shown = isOfMachine === true || fallback === undefined ? '' : ` [${fallback}]`;
    return `  ${name.padEnd(width)}  ${help}${shown}`;
  });
  return lines.join('\n');
}
