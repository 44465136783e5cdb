import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { promisify } from 'node:util';

const running = new Set<ChildProcess>();
const folders = new Set<string>();
// A killed server may still finish a write: then its folder is not empty at the first try.
const removal = { recursive: true, force: true, maxRetries: 5 };

function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, removal);
  running.clear();
  folders.clear();
}

process.once('exit', killAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    killAll();
    // The default action, unless another handler exists.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  });
}

/** Creates a folder, removed at the latest when this process ends. */
export async function createFolder(prefix: string): Promise<string> {
  const folder = await mkdtemp(prefix);
  folders.add(folder);
  return folder;
}

/** Removes a folder of {@link createFolder}. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, removal);
  folders.delete(folder);
}

/**
 * Runs a command to its end. It never outlives this process.
 *
 * @returns its standard output.
 */
export async function runCommand(command: string, args: readonly string[], cwd?: string): Promise<string> {
  const result = promisify(execFile)(command, args, { maxBuffer: 16 * 1024 * 1024, cwd });
  running.add(result.child);
  try {
    return (await result).stdout;
  } finally {
    running.delete(result.child);
  }
}

/** A free port on loopback, below those that the system gives to connections: none of these takes it before a server does. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_768);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue; // taken
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false; // not listening yet: the caller asks again
  } finally {
    socket.destroy();
  }
}

/** A server process that never outlives us. */
export interface ServerProcess {
  readonly pid: number;
  signal(name: NodeJS.Signals): void;
  stop(name: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a server and resolves once it listens.
 *
 * @throws if it ends first or does not listen within 60 s; the message holds the end of its output.
 */
export async function startProcess(
  command: string,
  args: readonly string[],
  port: number,
  folder: string,
): Promise<ServerProcess> {
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let ended = false;
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const exited = new Promise<void>((resolve) => {
    const done = (): void => {
      ended = true;
      running.delete(child);
      resolve();
    };
    child.once('exit', done);
    child.once('error', (error) => {
      output += error.message;
      done();
    });
  });
  running.add(child);
  const end = performance.now() + 60_000;
  while (!(await accepts(port))) {
    if (ended || performance.now() > end) {
      child.kill('SIGKILL');
      throw new Error(`${command} does not listen on 127.0.0.1:${port}:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  return {
    pid: child.pid ?? 0,
    signal: (name) => {
      child.kill(name);
    },
    stop: async (name) => {
      if (!ended) child.kill(name);
      await exited;
    },
  };
}
