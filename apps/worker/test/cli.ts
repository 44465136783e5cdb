import { fileURLToPath } from 'node:url';
import { type Ended, runProgram } from '@trinetra/test-support';

/** What starts the built program. */
export const main: string = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** Runs the built `trinetra-worker` with these arguments to its end, whatever that is. */
export const runCli = (args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> =>
  runProgram(main, args, { env });
