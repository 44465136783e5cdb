import { type ExecFileOptions, execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What starts the built program. */
export const main: string = fileURLToPath(new URL('../dist/main.js', import.meta.url));

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built `trinetra-models` with these arguments to its end, whatever that is. */
export function runModels(
  args: readonly string[],
  options: Pick<ExecFileOptions, 'env' | 'uid' | 'gid'> = {},
): Promise<CliResult> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}
