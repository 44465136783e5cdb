import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { TrinetraError } from '@trinetra/contracts';

/** A child process failed; the message is a sentence from its output. */
export class ChildError extends TrinetraError<'child_failed'> {}

/** Last message of a process: its last line, or the text of a log line. */
export function lastSaid(output: string): string {
  const line = output.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) return line;
  try {
    const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } };
    return err?.message ?? msg ?? line;
  } catch {
    return line; // the end of a longer line
  }
}

const running = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A child process; it never outlives us. */
export interface Child {
  readonly pid: number;
  /** The end of its output. */
  output(): string;
  ended(): boolean;
  /** @throws {ChildError} with what it said last, if it has ended. */
  assertRuns(): void;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL if it has not ended in 12 s. */
  stop(): Promise<void>;
  /**
   * Resolves to its standard output once it has ended with 0. @throws {ChildError} with what it said last
   * otherwise.
   */
  finished(): Promise<string>;
}

const stopLimitMs = 12_000;

/** Starts a program with nothing in its environment but `env` and PATH. */
export function startChild(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Child {
  const child = spawn(command, args, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let all = '';
  let standard = '';
  child.stdout.on('data', (chunk: Buffer) => {
    standard += chunk.toString();
    all = (all + chunk.toString()).slice(-16_000);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    all = (all + chunk.toString()).slice(-16_000);
  });
  const closed = once(child, 'close').finally(() => running.delete(child));
  closed.catch(() => undefined); // told by finished()
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const failure = (): ChildError =>
    new ChildError(
      'child_failed',
      `${basename(args[0] ?? command)} ended with ${child.exitCode ?? child.signalCode}: ${lastSaid(all)}`,
    );
  return {
    pid: child.pid ?? 0,
    output: () => all,
    ended,
    assertRuns: () => {
      if (ended()) throw failure();
    },
    signal: (name) => void child.kill(name),
    stop: async () => {
      if (ended()) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
      await closed;
      clearTimeout(timer);
    },
    finished: async () => {
      await closed;
      if (child.exitCode !== 0) throw failure();
      return standard;
    },
  };
}
