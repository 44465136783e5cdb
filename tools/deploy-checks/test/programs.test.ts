import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort, type LocalRedis, startRedis } from '@trinetra/local-servers';
import { demoModels } from '@trinetra/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../src/deployed-worker.ts';
import { inRepository, readText } from '../src/files.ts';

/** A Node 20, which the programs do not run on; it is fetched for 64-bit Linux only. */
const node20 = inRepository('tools/deploy-checks/node_modules/node-20/bin/node');
const withNode20 = { ...process.env, PATH: `${dirname(node20)}:${process.env['PATH']}` };
const root = inRepository('');

interface Manifest {
  readonly name: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
}

/** Every program that an app brings. */
const programs = readdirSync(inRepository('apps')).flatMap((app) => {
  const manifest = JSON.parse(readText(`apps/${app}/package.json`)) as Manifest;
  return Object.entries(manifest.bin).map(([bin, file]) => ({
    bin,
    file: inRepository(join('apps', app, file)),
    manifest,
  }));
});

function run(command: string, ...args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(command, args, { cwd: root, env: withNode20, encoding: 'utf8' });
}

describe.skipIf(!existsSync(node20))('on Node 20', () => {
  it('finds every program', () => {
    expect(programs.map(({ bin }) => bin).sort()).toEqual([
      'trinetra-camera-simulator',
      'trinetra-events',
      'trinetra-models',
      'trinetra-worker',
    ]);
  });

  it.each(programs)('$bin says in one sentence which Node it needs', ({ file, manifest }) => {
    const { status, stdout, stderr } = run(node20, file, '--help');
    const needed = manifest.engines.node.replace('>=', '');
    const version = run(node20, '--version').stdout.trim().slice(1);
    expect(version).toMatch(/^20\./);
    expect(stderr).toBe(
      `${manifest.name} needs Node ${needed} or later, but this is Node ${version}: ` +
        "install one from https://nodejs.org, or use the repository's npm commands, which bring one along.\n",
    );
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  });

  it.each([
    ['worker', 'trinetra-worker'],
    ['models', 'trinetra-models'],
    ['cameras', 'trinetra-camera-simulator'],
    ['events', 'trinetra-events'],
  ])('npm run -s %s runs %s and writes nothing else to standard output', (name, bin) => {
    const { status, stdout, stderr } = run('npm', 'run', '-s', name, '--', '--help');
    expect(stdout.split('\n')[0]).toMatch(new RegExp(`^Usage: ${bin} `));
    expect(status, stderr).toBe(0);
  });

  it('npm run worker prints its configuration, and passes its exit code on', () => {
    const good = run('npm', 'run', '-s', 'worker', '--', '--print-config');
    expect(good.stdout.split('\n')[0]).toMatch(/^REDIS_URL=/);
    expect(good.status, good.stderr).toBe(0);
    const bad = run('npm', 'run', '-s', 'worker', '--', '--no-such-option');
    expect(bad).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('--no-such-option') });
  });

  // npm takes the Node of node_modules once there is one: this is what it runs in a fresh clone.
  it('the script behind npm run events runs where no other Node is installed', () => {
    const { status, stdout, stderr } = run(node20, 'scripts/start.mjs', 'events', '--help');
    expect(stdout).toMatch(/^Usage: trinetra-events /);
    expect(status, stderr).toBe(0);
  });
});

describe('npm run worker', () => {
  let redis: LocalRedis;
  let work: string;
  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'trinetra-programs-'));
    redis = await startRedis();
  });
  afterAll(async () => {
    await redis?.close();
    rmSync(work, { recursive: true, force: true });
  });

  const ways: readonly (readonly [string, (npm: number) => void])[] = [
    ['SIGTERM to npm', (npm) => process.kill(npm, 'SIGTERM')],
    [
      'Ctrl-C, which npm gets and passes on to a command that got it, too',
      (npm) => process.kill(-npm, 'SIGINT'),
    ],
  ];

  it.each(ways)('stops as the worker itself does after %s', async (_, signal) => {
    const port = await freePort();
    const npm = spawn('npm', ['run', 'worker'], {
      cwd: root,
      detached: true,
      env: {
        ...(existsSync(node20) ? withNode20 : process.env),
        ...demoModels(),
        METRICS_HOST: '127.0.0.1',
        METRICS_PORT: String(port),
        REDIS_URL: redis.url,
        SINK: `ndjson:${join(work, 'events')}`,
        CONSUMER_NAME: 'npm-1',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const worker = async (route: string): Promise<boolean> =>
      (await fetch(`http://127.0.0.1:${port}${route}`).catch(() => undefined))?.ok === true;
    let log = '';
    npm.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
    try {
      await waitFor('the worker to be ready', () => {
        if (hasEnded(npm)) throw new Error(`npm run worker ended with ${npm.exitCode}:\n${log}`);
        return worker('/ready');
      });
      const exited = once(npm, 'exit');
      const startedAt = performance.now();
      if (npm.pid !== undefined) signal(npm.pid);
      expect(await exited, log).toEqual([0, null]);
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      expect(await worker('/health')).toBe(false);
    } finally {
      if (npm.pid !== undefined) endGroup(npm.pid);
    }
  });
});

/** Ends what npm may have left behind where a test failed. */
function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
