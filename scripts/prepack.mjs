// Runs in the folder of a package before it is packed or published. Builds it and what it needs, so that no package is empty.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pnpmVersion, root } from './bootstrap.mjs';

function refuse(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

const { npm_config_user_agent: agent = '', npm_package_name: name } = process.env;
const run = `npx -y pnpm@${pnpmVersion}`;
const turbo = join(root, 'node_modules', '.bin', 'turbo');
if (!agent.startsWith('pnpm/'))
  refuse(
    `Only pnpm packs and publishes here, because others leave "workspace:^" in package.json: use ${run} pack, or npm run release.`,
  );
if (!existsSync(turbo))
  refuse(`${name} cannot be built before the repository is installed: run ${run} install in ${root} first.`);
// What writes the package out prints to standard output; this does not.
const args = ['run', 'build', `--filter=${name}`, '--output-logs=errors-only'];
const { status, error } = spawnSync(turbo, args, { cwd: root, stdio: ['ignore', 2, 2] });
if (status !== 0) refuse(`${name} is not packed, because it cannot be built (${error?.message ?? status}).`);
