import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const running = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A process of ours; it never outlives us. */
export interface Child {
  readonly pid: number;
  /** The last of what it wrote. */
  output(): string;
  ended(): boolean;
  signal(name: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL where that does not end it in 12 s. */
  stop(): Promise<void>;
  /** Resolves to what it wrote on standard output once it has ended with 0. @throws with its output otherwise. */
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
  return {
    pid: child.pid ?? 0,
    output: () => all,
    ended,
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
      if (child.exitCode !== 0)
        throw new Error(`${command} ${args.join(' ')} ended with ${child.exitCode}:\n${all}`);
      return standard;
    },
  };
}
