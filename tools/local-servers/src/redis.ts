import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolder, freePort, removeFolder, startProcess } from './process.ts';
import { ensureTools } from './tools.ts';

/** A real server of ours on loopback. */
export interface LocalServer {
  readonly pid: number;
  readonly port: number;
  /** SIGSTOP: alive, but it answers nobody. */
  pause(): void;
  resume(): void;
  /** SIGKILL, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the data that it left on disk. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface LocalRedis extends LocalServer {
  readonly url: string;
}

/** Starts a server, and gives it the handle that all of ours have. */
export async function serve(
  port: number,
  folder: string,
  command: string,
  args: readonly string[],
): Promise<LocalServer> {
  let server = await startProcess(command, args, port, folder).catch(async (error: unknown) => {
    await removeFolder(folder);
    throw error;
  });
  return {
    get pid() {
      return server.pid;
    },
    port,
    pause: () => server.signal('SIGSTOP'),
    resume: () => server.signal('SIGCONT'),
    kill: () => server.stop('SIGKILL'),
    restart: async () => {
      await server.stop('SIGKILL');
      server = await startProcess(command, args, port, folder);
    },
    close: async () => {
      await server.stop('SIGKILL');
      await removeFolder(folder);
    },
  };
}

/** Starts Debian's redis-server on a free loopback port, without persistence. */
export async function startRedis(): Promise<LocalRedis> {
  ensureTools('redis-server');
  const port = await freePort();
  const folder = await createFolder(join(tmpdir(), 'trinetra-redis-'));
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
  ];
  const server = await serve(port, folder, 'redis-server', args);
  return Object.assign(server, { url: `redis://127.0.0.1:${port}` });
}
