import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const running = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A child program of the demo that never outlives it. */
export interface Program {
  readonly name: string;
  /** How it ended; undefined while it runs. */
  ended(): string | undefined;
  /** Whether it ended with exit code 0. */
  succeeded(): boolean;
  /** The last lines of its standard error and output together. */
  lastLines(count: number): string;
  /** SIGTERM, and SIGKILL if it has not ended after `limitMs`. */
  stop(limitMs: number): Promise<void>;
}

/** Options of {@link startProgram}. */
export interface ProgramOptions {
  /** Working directory; default: ours. */
  readonly cwd?: string;
  /** Called with each line of its standard error. */
  readonly onErrorLine?: (line: string) => void;
}

/** Starts a JavaScript file under this Node, with nothing in its environment but `env`. */
export function startProgram(
  name: string,
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { cwd, onErrorLine }: ProgramOptions = {},
): Program {
  const child = spawn(process.execPath, [file, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  let ended: string | undefined;
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-32_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  if (onErrorLine !== undefined) createInterface({ input: child.stderr }).on('line', onErrorLine);
  const closed = new Promise<void>((resolve) => {
    const finish = (how: string): void => {
      ended ??= how;
      running.delete(child);
      resolve();
    };
    child.once('close', (code, signal) => finish(signal === null ? `exit code ${code}` : `signal ${signal}`));
    child.once('error', (error) => finish(error.message));
  });
  return {
    name,
    ended: () => ended,
    succeeded: () => ended === 'exit code 0',
    lastLines: (count) => output.trimEnd().split('\n').slice(-count).join('\n'),
    stop: async (limitMs) => {
      if (ended !== undefined) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
      await closed;
      clearTimeout(timer);
    },
  };
}
