import { type ChildProcess, type ChildProcessByStdio, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** How a program ended; `code` is null where a signal ended it. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program while it runs. */
export interface Running<Child extends ChildProcess = ChildProcess> {
  readonly child: Child;
  /** What it has printed so far. */
  stdout(): string;
  stderr(): string;
  readonly ended: Promise<Ended>;
}

/** Collects what a program prints. */
export function collect<Child extends ChildProcessByStdio<Writable | null, Readable, Readable>>(
  child: Child,
): Running<Child> {
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin?.on('error', () => undefined); // it may end before it has read all
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}

/** What a program of ours is started with. */
export type ProgramOptions = Pick<SpawnOptions, 'env' | 'uid' | 'gid'>;

/** Starts a program of ours without input. @param main Its file. */
export function startProgram(
  main: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Running<ChildProcessByStdio<null, Readable, Readable>> {
  return collect(spawn(process.execPath, [main, ...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** Runs a program of ours to its end, whatever that is. */
export const runProgram = (main: string, args: readonly string[], options?: ProgramOptions): Promise<Ended> =>
  startProgram(main, args, options).ended;

/** Runs a program of ours whose standard output nobody reads. */
export function runWithoutReader(
  main: string,
  args: readonly string[],
  options?: ProgramOptions,
): Promise<Ended> {
  const { child, ended } = startProgram(main, args, options);
  child.stdout.destroy();
  return ended;
}
