import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@trinetra/local-servers';
import { demoModels } from '@trinetra/test-support';
import { inRepository, readText } from './files.ts';
import { runTool } from './tools.ts';

/** Runs `deploy/build-app.sh`, as the image does. */
export function buildApp(folder: string): void {
  const { packageManager } = JSON.parse(readText('package.json')) as { packageManager: string };
  const script = inRepository('deploy/build-app.sh');
  const { status, text } = runTool('env', [`PNPM=npx --yes ${packageManager}`, script, folder]);
  if (status !== 0) throw new Error(`deploy/build-app.sh ended with ${status}:\n${text}`);
}

/** A worker that runs. */
export interface DeployedWorker extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  metrics(): Promise<string>;
  /** Sends SIGTERM and resolves with the exit code. */
  stop(): Promise<number | null>;
}

/**
 * Starts the worker that lies in `folder`, with an environment and nothing else, and waits until it is ready.
 *
 * @param node The program; default: the Node that runs this.
 */
export async function startDeployedWorker(
  folder: string,
  env: Readonly<Record<string, string>>,
  node: string = process.execPath,
): Promise<DeployedWorker> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(node, [join(folder, 'dist', 'main.js')], {
    cwd: folder,
    env: { ...demoModels(), METRICS_HOST: '127.0.0.1', METRICS_PORT: String(port), ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const stop = (signal: NodeJS.Signals): Promise<number | null> => end(child, signal);
  await waitFor('the worker to be ready', async () => {
    if (child.exitCode !== null) throw new Error(`the worker ended with ${child.exitCode}:\n${log}`);
    return (await fetch(`${url}/ready`).catch(() => undefined))?.ok === true;
  });
  return {
    url,
    port,
    // Tests run programs for seconds at a stretch: a connection that is kept may have been closed meanwhile, unseen.
    metrics: async () => (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text(),
    stop: () => stop('SIGTERM'),
    [Symbol.asyncDispose]: async () => {
      await stop('SIGKILL');
    },
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
  return child.exitCode;
}

/** Polls until `probe` says yes, or fails with what was waited for. */
export async function waitFor(
  what: string,
  probe: () => boolean | Promise<boolean>,
  limitMs = 60_000,
): Promise<void> {
  const limit = performance.now() + limitMs;
  while (!(await probe())) {
    if (performance.now() > limit) throw new Error(`waited ${limitMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Removes what {@link buildApp} made. */
export function removeApp(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
