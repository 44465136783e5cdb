import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { collect } from '@trinetra/test-support';
import type { Registry } from './registry.ts';

/** How a command ended, and what it wrote on both outputs. */
export interface Outcome {
  readonly code: number | null;
  readonly text: string;
}

/** Runs a command to its end. @param env All of its environment. */
export async function runIn(
  cwd: string,
  env: NodeJS.ProcessEnv,
  command: string,
  args: readonly string[],
): Promise<Outcome> {
  const { ended } = collect(spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] }));
  const { code, stdout, stderr } = await ended;
  return { code, text: stdout + stderr };
}

/** TypeScript by name: of this repository, and the one before. */
export const compilers: readonly (readonly [version: string, file: string])[] = (
  ['typescript', 'typescript-5'] as const
).map((name) => {
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
  return [createRequire(manifest)(manifest).version, join(dirname(manifest), 'bin', 'tsc')];
});

/** Another team: a home with nothing but the address of a registry, one Node, and the npm of this machine. */
export interface Team {
  /** Makes an empty folder. */
  folder(name: string): string;
  /** Runs a command there to its end. */
  run(cwd: string, command: string, ...args: readonly string[]): Promise<Outcome>;
}

/**
 * @param work Its home, and all that it makes.
 * @param node The Node that its PATH begins with.
 */
export function createTeam(work: string, registry: Registry, node: string): Team {
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, '.npmrc'), registry.npmrcOfReaders);
  const foreign = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((path) => !path.includes('node_modules'));
  const env = {
    HOME: work,
    PATH: [dirname(node), ...foreign].join(delimiter),
    // yarn 4 does not read .npmrc, and in CI does not make a lockfile.
    YARN_NPM_REGISTRY_SERVER: registry.url,
    YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
    YARN_NODE_LINKER: 'node-modules',
    YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
    YARN_ENABLE_TELEMETRY: 'false',
    YARN_NPM_MINIMAL_AGE_GATE: '0', // it holds back what was published today
    // Package managers would otherwise ask, or add colours.
    CI: 'true',
    NO_COLOR: '1',
  };
  return {
    folder(name) {
      const folder = join(work, name);
      mkdirSync(folder, { recursive: true });
      writeFileSync(
        join(folder, 'package.json'),
        '{ "name": "service", "private": true, "type": "module" }\n',
      );
      return folder;
    },
    run: (cwd, command, ...args) => runIn(cwd, env, command, args),
  };
}
