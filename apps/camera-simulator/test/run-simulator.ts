import { fileURLToPath } from 'node:url';
import { type Running, startProgram } from '@trinetra/test-support';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** Starts the simulator; `env` is added to its environment. */
export const startSimulator = (
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running => startProgram(main, args, { env: { ...process.env, ...env } });
