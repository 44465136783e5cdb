import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The simulator while it runs. */
export interface RunningSimulator {
  readonly child: ChildProcess;
  /** What it said so far. */
  stderr(): string;
  readonly ended: Promise<Ended>;
}

/** Starts the simulator; `env` is added to its environment. */
export function startSimulator(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RunningSimulator {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([code]) => ({ code, stdout, stderr }));
  return { child, stderr: () => stderr, ended };
}
