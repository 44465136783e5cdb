import { spawnSync } from 'node:child_process';

function has(command: string, flag: string): boolean {
  return spawnSync(command, [flag], { stdio: 'ignore' }).status === 0;
}

const tools = {
  'redis-server': { flag: '--version', debian: 'redis-server' },
  java: { flag: '-version', debian: 'default-jre-headless' },
  openssl: { flag: 'version', debian: 'openssl' },
  chromium: { flag: '--version', debian: 'chromium' },
  mvn: { flag: '--version', debian: 'maven' },
} as const;

export type Tool = keyof typeof tools;

/**
 * Makes sure that commands exist, installing Debian's packages where this process is root.
 *
 * @throws with one sentence that says what to install, where that is not possible.
 */
export function ensureTools(...names: readonly Tool[]): void {
  const missing = names.filter((name) => !has(name, tools[name].flag));
  if (missing.length === 0) return;
  const packages = missing.map((name) => tools[name].debian);
  if (process.getuid?.() === 0 && has('apt-get', '--version')) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', env });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
      stdio: 'ignore',
      env,
    });
  }
  const left = missing.filter((name) => !has(name, tools[name].flag));
  if (left.length > 0) {
    throw new Error(
      `${left.join(' and ')} cannot be found. Install with: sudo apt-get install ${packages.join(' ')}`,
    );
  }
}
