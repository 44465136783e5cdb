import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { checkLedger } from './ledger.ts';
import { type Load, pictures, startLoad } from './load.ts';
import { addSceneFrame } from './scene-frames.ts';
import { startWorker, type WorkerProcess, waitFor } from './worker-process.ts';

/** A worker that writes its events into a file: nothing but Redis can be away. */
export interface FileWorker extends AsyncDisposable {
  readonly process: WorkerProcess;
  /** `camera frame` of every event so far, in order, duplicates among them. */
  published(): Promise<string[]>;
}

/** Starts a worker whose events go to a file; resolves before it is ready. */
export async function startFileWorker(
  env: Readonly<Record<string, string>>,
  options: Parameters<typeof startWorker>[1] = {},
): Promise<FileWorker> {
  const folder = await mkdtemp(join(tmpdir(), 'trinetra-redis-scenario-'));
  const path = join(folder, 'events');
  const settings = {
    SINK: `ndjson:${path}`,
    CONSUMER_NAME: 'reader',
    STREAM_DELETE_ACKED: 'off',
    ...env,
  };
  const worker = await startWorker(settings, options);
  return {
    process: worker,
    published: async () => {
      const text = await readFile(path, 'utf8').catch(() => ''); // not there before the first event
      const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
      return lines.filter(Boolean).map((line) => {
        const { camera_id: camera, frame_id: frame } = JSON.parse(line);
        return `${camera} ${frame}`;
      });
    },
    [Symbol.asyncDispose]: async () => {
      await worker[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Writes one frame every `everyMs` into `cameras` streams in turn; while Redis is away, none. */
export function startPacedLoad(
  redis: Redis,
  { cameras = 4, everyMs = 60 }: { readonly cameras?: number; readonly everyMs?: number } = {},
): Load {
  let index = 0;
  return startLoad(everyMs, async (written) => {
    const camera = `cam_${index % cameras}`;
    try {
      written.add(`${camera} ${await addSceneFrame(redis, index % pictures, camera)}`);
    } catch {
      // Not confirmed: whether it is in the stream shows in the stream.
    }
    index += 1;
  });
}

/** `camera frame` of every entry in the streams. */
async function entriesOf(redis: Redis): Promise<string[]> {
  const keys = (await redis.keys('frames:*')).toSorted();
  const lists = await Promise.all(
    keys.map(async (key) =>
      (await redis.xrangeBuffer(key, '-', '+')).map(([id]) => `${key.slice('frames:'.length)} ${String(id)}`),
    ),
  );
  return lists.flat();
}

/** What is left to say once a fault is over and the load has stopped. */
export interface Balance {
  /** Entries in the streams; each was published. */
  readonly entries: number;
  readonly events: number;
  readonly duplicates: number;
}

/**
 * Waits until every entry that is in the streams was published and nothing is pending, and checks the books.
 *
 * @throws where that does not come.
 */
export async function settleUp(
  worker: FileWorker,
  testStack: { readonly redis: Redis; pending(): Promise<number> },
): Promise<Balance> {
  const entries = await entriesOf(testStack.redis);
  const missing = async (): Promise<string[]> => {
    const published = new Set(await worker.published());
    return entries.filter((entry) => !published.has(entry));
  };
  await waitFor('every frame in the streams to be published', async () =>
    (await missing()).length === 0 ? true : undefined,
  ).catch(async (error: unknown) => {
    throw new Error(`never published: ${(await missing()).join(', ')}\n${worker.process.log()}`, {
      cause: error,
    });
  });
  await waitFor('nothing to be pending', async () => ((await testStack.pending()) === 0 ? true : undefined));
  await checkLedger(worker.process);
  const published = await worker.published();
  return {
    entries: entries.length,
    events: published.length,
    duplicates: published.length - new Set(published).size,
  };
}

/** Resolves once the worker has published `count` more events than now. */
export async function publishesMore(worker: FileWorker, count: number): Promise<void> {
  const before = (await worker.published()).length;
  await waitFor(`${count} more events`, async () =>
    (await worker.published()).length >= before + count ? true : undefined,
  );
}

/** Resolves once /ready names Redis as what is wrong; /health must be well at that moment. */
export async function saysRedisIsAway({ url }: WorkerProcess): Promise<void> {
  await waitFor('/ready to name Redis', async () => {
    const response = await fetch(`${url}/ready`).catch(() => undefined); // it may not listen yet
    if (response === undefined) return undefined;
    const { checks } = JSON.parse(await response.text());
    return response.status === 503 && checks.redis?.ok === false && checks.sink?.ok === true
      ? true
      : undefined;
  });
  const { status } = await fetch(`${url}/health`);
  if (status !== 200) throw new Error(`expected /health to answer 200 but received ${status}`);
}

/** Processor time that a process has used so far, seconds. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** What a worker did in a stretch of time: processor time in seconds, and log lines. */
export interface Effort {
  readonly cpuSeconds: number;
  readonly logLines: number;
}

/** Lets `ms` pass and counts what the worker spends meanwhile. */
export async function effortOver({ process: { child, log } }: FileWorker, ms: number): Promise<Effort> {
  const pid = child.pid ?? 0;
  const lines = (): number => log().split('\n').length;
  const before = { cpu: cpuSeconds(pid), lines: lines() };
  await delay(ms);
  return { cpuSeconds: cpuSeconds(pid) - before.cpu, logLines: lines() - before.lines };
}
