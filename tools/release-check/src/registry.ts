import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { freePort } from '@trinetra/local-servers';

/** A registry of npm packages on loopback. */
export interface Registry {
  readonly url: string;
  /** What .npmrc says to use it, as somebody who may publish. */
  readonly npmrc: string;
  /** What .npmrc says to use it without a login. */
  readonly npmrcOfReaders: string;
  close(): Promise<void>;
}

/** It has our packages itself, and asks the registry that npm is configured for about all others. */
function configuration(folder: string): string {
  const uplink = spawnSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).stdout.trim();
  return JSON.stringify({
    storage: join(folder, 'storage'),
    auth: { htpasswd: { file: join(folder, 'htpasswd') } },
    uplinks: { upstream: { url: uplink, timeout: '120s', maxage: '1h' } },
    packages: {
      '@trinetra/*': { access: '$all', publish: '$authenticated' },
      '**': { access: '$all', proxy: 'upstream' },
    },
    max_body_size: '500mb',
    web: { enable: false },
    log: { type: 'stdout', format: 'json', level: 'warn' },
  });
}

function startVerdaccio(config: string, port: number): ChildProcess {
  const manifest = createRequire(import.meta.url).resolve('verdaccio/package.json');
  const args = ['--config', config, '--listen', `127.0.0.1:${port}`];
  return spawn(process.execPath, [join(dirname(manifest), 'bin', 'verdaccio'), ...args], {
    env: { ...process.env, NODE_NO_WARNINGS: '1' }, // it warns of root
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Whether the registry answers; false while it starts. */
async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}-/ping`)).ok;
  } catch {
    return false;
  }
}

/** Makes a user who may publish. @returns the token. */
async function signUp(url: string): Promise<string> {
  const response = await fetch(`${url}-/user/org.couchdb.user:releaser`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'releaser', password: 'only-on-loopback' }),
  });
  const { token }: { readonly token?: string } = JSON.parse(await response.text());
  if (token === undefined) throw new Error(`The registry made no user: ${response.status}`);
  return token;
}

/**
 * Starts an empty registry on a free port.
 *
 * @param folder For what it holds.
 */
export async function startRegistry(folder: string): Promise<Registry> {
  mkdirSync(folder, { recursive: true });
  // verdaccio takes YAML, of which JSON is a part.
  const config = join(folder, 'config.yaml');
  writeFileSync(config, configuration(folder));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const server = startVerdaccio(config, port);
  const end = performance.now() + 60_000;
  while (!(await answers(url))) {
    if (server.exitCode !== null || performance.now() > end) {
      server.kill('SIGKILL');
      throw new Error(`The registry does not answer on ${url}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const npmrcOfReaders = `registry=${url}\naudit=false\nfund=false\nupdate-notifier=false\n`;
  return {
    url,
    npmrc: `${npmrcOfReaders}//127.0.0.1:${port}/:_authToken=${await signUp(url)}\n`,
    npmrcOfReaders,
    close: async () => {
      if (server.exitCode !== null) return;
      server.kill('SIGTERM');
      await once(server, 'exit');
    },
  };
}
