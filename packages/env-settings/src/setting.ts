import { optionalText, type Parser } from './parsers.ts';

/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a setting may have beside its parser, its help and its default. */
export interface SettingExtras<T> {
  /** Its value is never printed. */
  readonly secret?: true;
  /** Its default is of this machine, and not shown in `--help`. */
  readonly isOfMachine?: true;
  /** What other programs call it. */
  readonly also?: readonly string[];
  /** What is wrong with the file that it names, as the rest of a line; null: nothing. */
  check?(value: NonNullable<T>): Promise<string | null>;
  /** What is wrong with it beside the other values, as the rest of a line; null: nothing. Values that are wrong are not there. */
  rule?(values: Readonly<Record<string, unknown>>): string | null;
  /** Whether it is read in this environment; if not, it counts as not set. Default: it is. */
  isRead?(env: Environment): boolean;
}

/** One variable: how its text is read, what it means, and what it is without a value. */
export interface Setting<T> extends SettingExtras<T> {
  readonly schema: Parser<T>;
  /** Its line in `--help`. */
  readonly help: string;
  /** As it would stand in the environment; undefined: not set. */
  readonly fallback: string | undefined;
}

/** Settings by the names of their variables, in the order in which they are shown. */
export type SettingsTable = Readonly<Record<string, Setting<unknown>>>;

/** The values of a table, once parsed. */
export type SettingsOf<Table extends SettingsTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Setting<infer T> ? T : never;
};

/** Makes a setting. @param fallback Its default, as it would stand in the environment. */
export function setting<T>(
  schema: Parser<T>,
  help: string,
  fallback?: string,
  extras: SettingExtras<T> = {},
): Setting<T> {
  return { schema, help, fallback, ...extras };
}

/** Makes a setting that is a text or not set. */
export const optionalSetting = (
  help: string,
  extras?: SettingExtras<string | undefined>,
): Setting<string | undefined> => setting(optionalText, help, undefined, extras);

/** Makes a setting that is a password or not set: never printed. */
export const secret = (
  help: string,
  extras?: SettingExtras<string | undefined>,
): Setting<string | undefined> => optionalSetting(help, { ...extras, secret: true });

/** A table whose settings are read only where `isRead` says so. */
export function readWhile<Table extends SettingsTable>(
  isRead: (env: Environment) => boolean,
  table: Table,
): Table {
  const settings = Object.entries(table).map(([name, one]) => [name, { ...one, isRead }]);
  return Object.fromEntries(settings) as Table;
}
