import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { streamKeyOf } from '@trinetra/contracts';
import { Redis } from 'ioredis';
import { type Program, startProgram } from './child-process.ts';
import { DemoError } from './errors.ts';
import type { EventReader } from './event-reader.ts';
import type { Worker } from './worker.ts';

export const simulatorMain: string = fileURLToPath(
  new URL('main.js', import.meta.resolve('@trinetra/camera-simulator/scene')),
);

/** The cameras of the burst. Their streams are removed before the demo plays, and no table shows them. */
const measuredPrefix = 'cam_measure_';
/** Whether this camera belongs to the burst. */
export const isMeasured = (cameraId: string): boolean => cameraId.startsWith(measuredPrefix);

/** Where the frames of the burst wait: a database that the worker does not read. */
const waitingDatabase = 1;
/** Cameras and frames of each that the burst repeats. */
const [mostCameras, framesEach] = [8, 2];
/** The first wave warms up and sizes the second wave to about a second. */
const firstWave = 4;
const secondWave = { seconds: 1, least: 4, most: 400 };
/** Longest wave; counts the frames served by then. */
const limitMs = 20_000;
const pollMs = 20;

/** Frames as the cameras will send them. */
export interface BurstFrames {
  readonly entries: readonly Readonly<Record<string, Buffer>>[];
}

export interface BurstOptions {
  readonly redisUrl: string;
  readonly cameras: number;
  /** Folder of pictures; undefined: generated scenes. */
  readonly frames: string | undefined;
}

async function ended(program: Program): Promise<void> {
  while (program.ended() === undefined) await sleep(pollMs);
  if (!program.succeeded()) {
    throw new DemoError('not_started', `The cameras failed:\n${program.lastLines(10)}`);
  }
}

/**
 * Lets the simulator write the frames of a burst where no worker reads them. Each has the size of its camera's
 * picture, because the worker knows no aspect of these cameras.
 *
 * @throws {DemoError} `not_started` if the simulator fails.
 */
export async function prepareBurst({ redisUrl, cameras, frames }: BurstOptions): Promise<BurstFrames> {
  const url = `${redisUrl}/${waitingDatabase}`;
  const args = ['--redis', url, '--cameras', String(Math.min(cameras, mostCameras)), '--sizes', '--json'];
  const rate = ['--fps', '10', '--seconds', String(framesEach / 10)];
  const from = frames === undefined ? [] : ['--frames', frames];
  await ended(startProgram('simulator', simulatorMain, [...args, ...rate, ...from], {}));
  const redis = new Redis(url);
  try {
    const entries: Record<string, Buffer>[] = [];
    for (const key of (await redis.keys(streamKeyOf('*'))).toSorted()) {
      for (const [, fields] of await redis.xrangeBuffer(key, '-', '+')) {
        const pairs = fields.flatMap((value, i) => (i % 2 === 0 ? [[String(value), fields[i + 1]]] : []));
        entries.push(Object.fromEntries(pairs));
      }
    }
    await redis.flushdb();
    return { entries };
  } finally {
    redis.disconnect();
  }
}

/** Where a burst goes, and where its outcomes come from. */
export interface MeasureOptions {
  readonly redisUrl: string;
  readonly burst: BurstFrames;
  readonly worker: Worker;
  readonly reader: EventReader;
}

/**
 * Measures what the worker serves on this machine with these models, frames/s. It sends a burst of about a
 * second through separate streams, and removes them again. 0 if it served nothing within 20 s.
 */
export async function measureCapacity(options: MeasureOptions): Promise<number> {
  const redis = new Redis(options.redisUrl);
  try {
    const first = await serveWave(redis, options, firstWave);
    const count = Math.ceil(first * secondWave.seconds);
    return await serveWave(redis, options, Math.min(Math.max(count, secondWave.least), secondWave.most));
  } finally {
    redis.disconnect();
  }
}

/** Sends frames at once and resolves with the frames served a second. */
async function serveWave(redis: Redis, options: MeasureOptions, count: number): Promise<number> {
  const { burst, worker, reader } = options;
  const ingestTs = (Date.now() / 1000).toFixed(3);
  const keys = new Set<string>();
  const droppedBefore = await droppedOf(worker);
  const pipeline = redis.pipeline();
  for (let i = 0; i < count; i += 1) {
    const frame = burst.entries[i % burst.entries.length];
    const camera = `${measuredPrefix}${(i % mostCameras) + 1}`;
    keys.add(streamKeyOf(camera));
    const fields = { ...frame, camera_id: camera, ingest_ts: ingestTs };
    pipeline.xadd(streamKeyOf(camera), '*', ...Object.entries(fields).flat());
  }
  const startedAt = performance.now();
  await pipeline.exec();
  let served = 0;
  let lastAt = startedAt;
  for (let dropped = 0; served + dropped < count && performance.now() < startedAt + limitMs; ) {
    await sleep(pollMs);
    const events = (await reader.read()).filter(({ camera_id: camera }) => isMeasured(camera));
    if (events.length > 0) lastAt = performance.now();
    served += events.length;
    dropped = events.length > 0 ? dropped : (await droppedOf(worker)) - droppedBefore;
  }
  await redis.del(...keys);
  return served === 0 ? 0 : (served * 1000) / (lastAt - startedAt);
}

/** Frames of the burst that the worker gave up, such as black pictures. */
async function droppedOf(worker: Worker): Promise<number> {
  let sum = 0;
  for (const [camera, reasons] of (await worker.counters())?.dropped ?? []) {
    if (isMeasured(camera)) for (const count of reasons.values()) sum += count;
  }
  return sum;
}
