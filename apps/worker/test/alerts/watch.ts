import { setTimeout as delay } from 'node:timers/promises';
import { type Scrape, scrape, type Target } from '@trinetra/deploy-checks';
import type { Redis } from 'ioredis';
import { scenePicture } from '../scene-frames.ts';
import { type WorkerProcess, waitFor } from '../worker-process.ts';

/** Alerts that a slow machine may bring about by itself: runs take longer than on a GPU, and frames wait. */
export const onSlowMachines = ['InferenceDetectionLatencyHigh', 'InferenceFramesWaitLong'] as const;

/** Scrapes cost the worker time that it is to have for its work. */
const betweenScrapesMs = 150;

/** A worker under the name that Prometheus has for it, whichever process that is now. */
export function workerTarget(process: () => WorkerProcess, instance = 'worker-1:8002'): Target {
  const metrics = async (): Promise<string> => (await fetch(`${process().url}/metrics`)).text();
  return { instance, job: 'inference-worker', metrics };
}

/** The ingestor, which is no part of this repository: its one counter. @param dropped Frames that it has dropped so far. */
export function ingestorTarget(dropped: () => number): Target {
  const name = 'trinetra_ingestor_frames_dropped_total';
  const metrics = async (): Promise<string> => `# TYPE ${name} counter\n${name}{camera="a"} ${dropped()}\n`;
  return { instance: 'ingestor:9100', job: 'ingestor', metrics };
}

/** It drops five frames a second, whatever the workers do: some camera sends more than it wants. */
export const droppingIngestor: Target = ingestorTarget(() => Math.floor(performance.now() / 200));

/** The sum of the samples of a metric whose labels hold all of `parts`; undefined where there is none. */
export function sumOf({ samples }: Scrape, name: string, ...parts: readonly string[]): number | undefined {
  const found = [...samples].filter(
    ([series]) => series.startsWith(`${name}{`) && parts.every((part) => series.includes(part)),
  );
  return found.length === 0 ? undefined : found.reduce((sum, [, { value }]) => sum + value, 0);
}

/** How much such a sum rose from the first scrape to the last. */
export function riseOf(scrapes: readonly Scrape[], name: string, ...parts: readonly string[]): number {
  const [first, last] = [scrapes[0], scrapes.at(-1)];
  if (first === undefined || last === undefined) return 0;
  return (sumOf(last, name, ...parts) ?? 0) - (sumOf(first, name, ...parts) ?? 0);
}

/** Scrapes until one shows something, and gives that one. */
export function scrapeThat(
  targets: readonly Target[],
  what: string,
  shows: (scraped: Scrape) => boolean,
): Promise<Scrape> {
  return waitFor(what, async () => {
    const scraped = await scrape(targets);
    if (shows(scraped)) return scraped;
    await delay(betweenScrapesMs);
    return undefined;
  });
}

/** Scrapes, at least five times, until all scrapes together show something, and gives all of them. */
export function watch(
  targets: readonly Target[],
  what: string,
  shows: (scrapes: readonly Scrape[]) => boolean = () => true,
): Promise<Scrape[]> {
  const scrapes: Scrape[] = [];
  return waitFor(what, async () => {
    scrapes.push(await scrape(targets));
    if (scrapes.length >= 5 && shows(scrapes)) return scrapes;
    await delay(betweenScrapesMs);
    return undefined;
  });
}

/** As {@link watch}, of workers that publish at once: begins anew where the machine was so slow that an event had to wait. */
export function watchPublishing(
  targets: readonly Target[],
  what: string,
  shows: (scrapes: readonly Scrape[]) => boolean = () => true,
): Promise<Scrape[]> {
  let from = 0;
  return watch(targets, what, (scrapes) => {
    const late = riseOf(scrapes.slice(from), 'trinetra_kafka_publish_errors_total') > 0;
    if (late) from = scrapes.length;
    return !late && scrapes.length - from >= 5 && shows(scrapes.slice(from));
  }).then((scrapes) => scrapes.slice(from));
}

export interface Camera extends AsyncDisposable {
  /** Frames that went over the MAXLEN of the stream. */
  readonly overflowed: () => number;
  stop(): Promise<void>;
}

export interface CameraOptions {
  /** Default: one picture of a generated scene. */
  readonly picture?: Buffer;
  readonly everyMs?: number;
  /** Frames at once. Default 1. */
  readonly burst?: number;
  /** MAXLEN of the stream, which then is full all the time; or how long it becomes before the camera pauses. */
  readonly maxLength?: number;
  readonly pausesWhenFull?: boolean;
  /** How old a frame is when it is written. */
  readonly lateMs?: number;
}

/** Writes frames of a camera as the ingestor does, until it is stopped. */
export function startCamera(redis: Redis, cameraId: string, options: CameraOptions = {}): Camera {
  const { everyMs = 400, burst = 1, maxLength = 100, pausesWhenFull = false, lateMs = 0 } = options;
  const stream = `frames:${cameraId}`;
  let running = true;
  let overflowed = 0;
  let written = 0;
  async function write(): Promise<void> {
    const picture = options.picture ?? (await scenePicture(0));
    while (running) {
      const length = await redis.xlen(stream);
      if (!pausesWhenFull) overflowed += Math.max(0, length + burst - maxLength);
      const count = pausesWhenFull ? Math.min(burst, Math.max(0, maxLength - length)) : burst;
      const pipeline = redis.pipeline();
      for (let index = 0; index < count; index += 1) {
        const takenAtMs = Date.now() - lateMs;
        written += 1;
        // Ids of the time at which the frame should have come; the second part keeps them apart.
        const id = lateMs === 0 ? '*' : `${takenAtMs}-${written}`;
        const fields = { camera_id: cameraId, camera_type: 'entrance', ingest_ts: String(takenAtMs / 1000) };
        const values = [...Object.entries(fields).flat(), 'frame', picture];
        pipeline.xadd(stream, 'MAXLEN', '=', maxLength, id, ...values);
      }
      await pipeline.exec();
      await delay(everyMs);
    }
  }
  const writing = write();
  const stop = async (): Promise<void> => {
    running = false;
    await writing;
  };
  return { overflowed: () => overflowed, stop, [Symbol.asyncDispose]: stop };
}
