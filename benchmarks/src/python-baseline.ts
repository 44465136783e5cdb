import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorText } from '@trinetra/contracts';
import { startChild } from './child.ts';
import type { Consumer } from './worker.ts';

const folder = fileURLToPath(new URL('../python-baseline/', import.meta.url));
const cache = fileURLToPath(new URL('../.cache/', import.meta.url));

/** A Python with the baseline's packages, or why there is none. */
export type PythonEnvironment =
  | { readonly ok: true; readonly python: string }
  | { readonly ok: false; readonly reason: string };

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

async function runTool(command: string, args: readonly string[]): Promise<void> {
  const home = process.env['HOME'] ?? '';
  const settings = Object.entries(process.env).filter(([name]) =>
    /^(pip|https?_proxy|no_proxy|ssl_)/i.test(name),
  );
  const env = Object.fromEntries(settings.map(([name, value]) => [name, value ?? '']));
  await startChild(command, args, { HOME: home, ...env }).finished();
}

/** Creates a virtual environment in an ignored folder, once for each list of packages. */
export async function preparePython(): Promise<PythonEnvironment> {
  const requirements = join(folder, 'requirements.txt');
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const target = join(cache, `python-${hash}`);
  const python = join(target, 'bin', 'python');
  if (existsSync(join(target, 'complete'))) return { ok: true, python };
  try {
    await mkdir(cache, { recursive: true });
    await rm(target, { recursive: true, force: true });
    await runTool('python3', ['-m', 'venv', target]);
    await runTool(python, [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '-r',
      requirements,
    ]);
    await mkdir(join(target, 'making'));
    await rename(join(target, 'making'), join(target, 'complete'));
    return { ok: true, python };
  } catch (error) {
    await rm(target, { recursive: true, force: true });
    return { ok: false, reason: lastLine(errorText(error)) };
  }
}

/** Starts the baseline; the streams must exist. */
export function startPython(python: string, env: Readonly<Record<string, string>>): Consumer {
  const child = startChild(python, [join(folder, 'worker.py')], { ...env });
  return { pid: child.pid, assertRuns: child.assertRuns, [Symbol.asyncDispose]: child.stop };
}
