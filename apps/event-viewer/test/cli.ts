import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { collect, type Ended, type Running } from '@trinetra/test-support';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** Starts `trinetra-events`, with nothing of our environment that it reads. */
export function start(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running<ChildProcessWithoutNullStreams> {
  return collect(spawn(process.execPath, [main, ...args], { env: { PATH: process.env['PATH'], ...env } }));
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
