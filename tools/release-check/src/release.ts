import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Outcome, runIn } from './consumer.ts';
import { type Published, root } from './packages.ts';
import type { Registry } from './registry.ts';

/** Somebody who has the repository. */
export interface Releaser {
  run(cwd: string, command: string, ...args: readonly string[]): Promise<Outcome>;
}

/** @param home Its home: `.npmrc` there sends our packages, and no others, to the registry. */
export function createReleaser(home: string, npmrc: string): Releaser {
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, '.npmrc'), npmrc.replace(/^registry=/, '@trinetra:registry='));
  const foreign = /^(?:npm_|pnpm_|VITEST|FAULTS|NODE_OPTIONS|ACTIONS_)/i;
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name))),
    HOME: home,
    // What was downloaded before is as good as new: package managers check it by its hash.
    XDG_DATA_HOME: process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'),
    XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
    npm_config_cache: process.env['npm_config_cache'] ?? join(homedir(), '.npm'),
    GIT_AUTHOR_NAME: 'releaser',
    GIT_AUTHOR_EMAIL: 'releaser@localhost',
    GIT_COMMITTER_NAME: 'releaser',
    GIT_COMMITTER_EMAIL: 'releaser@localhost',
  };
  return { run: (cwd, command, ...args) => runIn(cwd, env, command, args) };
}

/** Publishes packages and what they need from this tree, in the version that they have in it. */
export async function publishAsItIs(
  home: string,
  registry: Registry,
  packages: readonly Published[],
): Promise<void> {
  const { packageManager }: { readonly packageManager: string } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const filters = packages.flatMap(({ manifest }) => ['--filter', `${manifest.name}...`]);
  const args = ['-y', packageManager, ...filters, '-r', 'publish', '--no-git-checks'];
  const { code, text } = await createReleaser(home, registry.npmrc).run(root, 'npx', ...args);
  if (code !== 0) throw new Error(`Publishing failed:\n${text}`);
}
