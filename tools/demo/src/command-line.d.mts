/** The options that were given or have a default; paths are absolute. */
export interface CommandLineValues {
  readonly models?: string;
  /** As given: cameras of the user's own. */
  readonly sources: readonly string[];
  readonly frames?: string;
  readonly cameras: number;
  readonly fps?: number;
  readonly seconds?: number;
  readonly sink?: 'kafka' | 'ndjson';
  readonly output: string;
  readonly json: boolean;
}

/** The command line, read. `values` counts only where there is neither help nor a problem. */
export interface CommandLine {
  /** What to print, where `--help` was given. */
  readonly help: string | undefined;
  /** One line for each bad value. */
  readonly problems: readonly string[];
  readonly values: CommandLineValues;
}

export function readCommandLine(args: readonly string[], base: string): CommandLine;
