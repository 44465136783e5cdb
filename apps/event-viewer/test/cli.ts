import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  /** What it has printed so far. */
  stdout(): string;
  stderr(): string;
  readonly ended: Promise<Ended>;
}

/** Starts `trinetra-events`, with nothing of our environment that it reads. */
export function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  return collect(spawn(process.execPath, [main, ...args], { env: { PATH: process.env['PATH'], ...env } }));
}

function collect(child: ChildProcessWithoutNullStreams): Running {
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => undefined); // it may end before it has read all
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}

/** Runs it to its end. */
export function play(
  args: readonly string[],
  { input = '', env = {} }: { readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  const { child, ended } = start(args, env);
  child.stdin.end(input);
  return ended;
}

/** Runs an `sh` example of the README, `node` being ours and `trinetra-events` what was built. */
export async function runReadme(index: number, env: Readonly<Record<string, string>>): Promise<Ended> {
  const root = new URL('../', import.meta.url);
  const examples = [
    ...(await readFile(new URL('README.md', root), 'utf8')).matchAll(/```sh\n([\s\S]*?)```/g),
  ];
  const text = examples[index]?.[1];
  if (text === undefined) throw new Error(`expected an sh example ${index} in the README`);
  const bin = await mkdtemp(join(tmpdir(), 'trinetra-bin-'));
  await symlink(fileURLToPath(new URL('dist/main.js', root)), join(bin, 'trinetra-events'));
  try {
    const path = `${bin}:${dirname(process.execPath)}:${process.env['PATH']}`;
    return await collect(spawn('sh', ['-ec', text], { cwd: root, env: { ...env, PATH: path } })).ended;
  } finally {
    await rm(bin, { recursive: true });
  }
}
