import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolder, freePort, removeFolder, startProcess } from './process.ts';
import { ensureTools } from './tools.ts';

/** A real server on loopback. */
export interface LocalServer {
  readonly pid: number;
  readonly port: number;
  /** SIGSTOP: alive, but it answers nothing. */
  pause(): void;
  resume(): void;
  /** SIGKILL, as a crash does. */
  kill(): Promise<void>;
  /** Restarts it on the same port with its data on disk. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface LocalRedis extends LocalServer {
  readonly url: string;
}

/** Starts a server and returns its handle. */
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

/** Options of {@link startRedis}. */
export interface LocalRedisOptions {
  /** Every write is on disk before its answer, so a kill loses nothing. Default: nothing is kept. */
  readonly durable?: boolean;
  /** PEM files; then there is no port without TLS. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly caFile: string };
  /** Directives of redis.conf, such as `{ maxmemory: '8mb' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts Debian's redis-server on a free loopback port. */
export async function startRedis(options: LocalRedisOptions = {}): Promise<LocalRedis> {
  ensureTools('redis-server');
  const { durable = false, tls } = options;
  const port = await freePort();
  const folder = await createFolder(join(tmpdir(), 'trinetra-redis-'));
  const settings: Record<string, string> = {
    bind: '127.0.0.1',
    save: '',
    appendonly: durable ? 'yes' : 'no',
    appendfsync: 'always',
    dir: folder,
    ...(tls === undefined
      ? { port: String(port) }
      : {
          port: '0',
          'tls-port': String(port),
          'tls-cert-file': tls.certFile,
          'tls-key-file': tls.keyFile,
          'tls-ca-cert-file': tls.caFile,
          'tls-auth-clients': 'no',
        }),
    ...options.settings,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const server = await serve(port, folder, 'redis-server', args);
  return Object.assign(server, { url: `${tls === undefined ? 'redis' : 'rediss'}://127.0.0.1:${port}` });
}

/** Options of {@link startSentinel}. */
export interface LocalSentinelOptions {
  readonly master: Pick<LocalRedis, 'port'>;
  /** The name of the master. */
  readonly name: string;
  /** Silence after which a master counts as down. Default 500 ms. */
  readonly downAfterMs?: number;
}

/** Starts one Sentinel, which decides on a failover alone. */
export async function startSentinel(options: LocalSentinelOptions): Promise<LocalServer> {
  ensureTools('redis-server');
  const { master, name, downAfterMs = 500 } = options;
  const port = await freePort();
  const folder = await createFolder(join(tmpdir(), 'trinetra-sentinel-'));
  const file = join(folder, 'sentinel.conf');
  await writeFile(
    file,
    `port ${port}
bind 127.0.0.1
dir ${folder}
sentinel monitor ${name} 127.0.0.1 ${master.port} 1
sentinel down-after-milliseconds ${name} ${downAfterMs}
sentinel failover-timeout ${name} 5000
`,
  );
  return serve(port, folder, 'redis-server', [file, '--sentinel']);
}
