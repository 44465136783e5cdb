// Runs on a bare Node 20: installs the workspace and builds it.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const pnpmVersion = '12.21.0';

if (Number(process.versions.node.split('.')[0]) < 20) {
  process.stderr.write(
    `Node 20 or later is needed, this is ${process.version}. Install it from https://nodejs.org.\n`,
  );
  process.exit(1);
}

const quietEnv = { CI: 'true', TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' };

/**
 * Holds a lock on a file while a command runs, so that two programs started at once do not build into one
 * folder.
 */
const lock = ['flock', '--close', join(root, 'pnpm-workspace.yaml')];
const canLock = spawnSync(lock[0], ['--version'], { stdio: 'ignore' }).status === 0;

/** Runs pnpm with arguments. `quiet` shows its output only on failure; `alone` holds a lock. */
export function pnpm(args, { quiet = false, alone = false } = {}) {
  const [command, ...rest] = [...(alone && canLock ? lock : []), 'npx', '-y', `pnpm@${pnpmVersion}`, ...args];
  const result = spawnSync(command, rest, {
    cwd: root,
    env: { ...process.env, ...quietEnv },
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (quiet && result.status !== 0) process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}`);
  return result.status === 0;
}

/** Runs pnpm with arguments and gives what it wrote. */
export function pnpmOutput(args) {
  return spawnSync('npx', ['-y', `pnpm@${pnpmVersion}`, ...args], {
    cwd: root,
    env: { ...process.env, ...quietEnv },
    encoding: 'utf8',
    timeout: 120_000,
    maxBuffer: 64 * 1024 * 1024,
  });
}

/** Installs and builds; false if a step failed. */
export function bootstrap({ quiet = false } = {}) {
  const options = { quiet, alone: true };
  return (
    pnpm(['install', '--frozen-lockfile'], options) &&
    pnpm(['exec', 'turbo', 'run', 'build', '--output-logs=errors-only'], options)
  );
}
