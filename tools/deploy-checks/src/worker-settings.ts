import { spawnSync } from 'node:child_process';
import { inRepository } from './files.ts';

const main = inRepository('apps/worker/dist/main.js');

function printConfig(env: Readonly<Record<string, string>>): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, '--print-config'], {
    env: { ...env },
    encoding: 'utf8',
  });
  return { status, text: `${stdout}${stderr}` };
}

/** What the built worker has against an environment: names that it does not read, values that it refuses. */
export function settingProblems(env: Readonly<Record<string, string>>): string[] {
  const { status, text } = printConfig(env);
  if (status !== 0) return text.trim().split('\n');
  const known = new Set(
    [...text.matchAll(/^(?:# )?([A-Z][A-Z0-9_]*)(?:=| is not set)/gm)].map(([, name]) => name),
  );
  return Object.keys(env)
    .filter((name) => !known.has(name))
    .map((name) => `${name}: no such variable`);
}

let defaults: string | undefined;

/** What a variable is without a value. */
export function defaultOf(name: string): string | undefined {
  defaults ??= printConfig({}).text;
  return new RegExp(`^${name}=(.*)$`, 'm').exec(defaults)?.[1];
}

/** `NAME=value` lines, comments left out. */
export function parseEnvFile(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  );
}
