import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { frameFields, streamOf } from './backlog.ts';
import { type Crowd, crowdOf } from './count-persons.ts';
import type { Pictures } from './pictures.ts';
import { machineTime, shareOf } from './process-usage.ts';
import { type ArrivedEvent, readTopic } from './read-topic.ts';
import { type DeviceRun, readDepartures, readDeviceLog } from './simulated-engine.ts';
import type { Scenario, TestStack } from './test-stack.ts';
import type { Worker } from './worker.ts';

export interface PacedOptions {
  readonly testStack: TestStack;
  readonly pictures: Pictures;
  readonly cameras: number;
  /** Of each camera. */
  readonly fps: number;
  readonly seconds: number;
  /** About the length to which the ingestor trims streams. */
  readonly maxlen?: number;
  /** `log`: the file for a simulated device. */
  start(scenario: Scenario, log: string): Promise<Worker>;
  /** Called when the first and after the last frame is written. */
  onEdge?(worker: Worker, edge: 'begin' | 'end'): Promise<void>;
}

export interface PacedResult {
  /** Ms from XADD until the broker had the event, for each published frame. */
  readonly latencies: readonly number[];
  /** Arrivals of these frames, ms since the start, in order. */
  readonly arrivals: readonly number[];
  readonly written: number;
  readonly published: number;
  readonly crowd: Crowd;
  readonly seconds: number;
  /** Of the simulated device between the first and the last frame; empty with another engine. */
  readonly runs: readonly DeviceRun[];
  /** When the worker handed runs of all models to its threads, on the same clock. */
  readonly departures: readonly number[];
  /** From before the first frame until after the last one, on the clock of the runs, ms. */
  readonly span: readonly [number, number];
  /** Share of the machine that the hypervisor stole meanwhile, 0..1. */
  readonly stolenShare: number;
  /** Start of the arrivals on the clock of the runs, ms. */
  readonly firstAt: number;
}

const warmUpFrames = 8;
const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/**
 * Writes `cameras x fps` frames a second, each camera at its own phase; returns their arrivals, by `camera id`.
 */
async function playCameras(redis: Redis, options: PacedOptions): Promise<Map<string, number>> {
  const { cameras, fps, seconds, pictures, maxlen } = options;
  const written = new Map<string, number>();
  const total = Math.round(cameras * fps * seconds);
  const trim = maxlen === undefined ? [] : ['MAXLEN', '~', maxlen];
  const startedAt = performance.now();
  const replies: Promise<unknown>[] = [];
  for (let index = 0; index < total; index += 1) {
    const due = startedAt + (1000 * index) / (cameras * fps);
    const early = due - performance.now();
    if (early > 0) await delay(early);
    const camera = index % cameras;
    const at = performance.timeOrigin + performance.now();
    const fields = frameFields(camera, pictures[index % pictures.length] ?? Buffer.alloc(0), at / 1000);
    const reply = redis.call('XADD', streamOf(camera), ...trim, '*', ...fields);
    replies.push(reply.then((id) => written.set(`cam_${camera} ${String(id)}`, at)));
  }
  await Promise.all(replies);
  return written;
}

/**
 * Plays cameras to a worker and measures each frame's time until the broker has its event. The broker's clock
 * is this machine's,
 * in whole ms.
 */
export async function playPaced(options: PacedOptions): Promise<PacedResult> {
  const { testStack } = options;
  const scenario = await testStack.newScenario();
  const folder = await mkdtemp(join(tmpdir(), 'trinetra-bench-'));
  const log = join(folder, 'device');
  try {
    await using worker = await options.start(scenario, log);
    await worker.ready();
    for (let frame = 0; frame < warmUpFrames; frame += 1)
      await playCameras(testStack.redis, { ...options, seconds: 1 / options.fps });
    await settled(testStack.redis, options.cameras);
    await options.onEdge?.(worker, 'begin');
    const before = machineTime();
    const from = monotonicMs();
    const written = await playCameras(testStack.redis, options);
    const to = monotonicMs();
    const after = machineTime();
    await options.onEdge?.(worker, 'end');
    await settled(testStack.redis, options.cameras);
    const count = await scenario.published();
    const events = await readTopic(testStack.brokers, scenario.topic, count);
    const runs = unlessMissing(() => readDeviceLog(log)).filter(
      ({ startMs }) => startMs >= from && startMs < to,
    );
    const departures = unlessMissing(() => readDepartures(log)).filter((at) => at >= from && at < to);
    const first = Math.min(...written.values());
    return {
      ...joinEvents(written, events, first),
      firstAt: first - (performance.timeOrigin + performance.now() - monotonicMs()),
      crowd: crowdOf(events),
      runs,
      departures,
      stolenShare: shareOf('stolen', before, after),
      span: [from, to],
      seconds: (to - from) / 1000,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Parses a log; empty if there is none. */
function unlessMissing<T>(read: () => T[]): T[] {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []; // another engine
    throw error;
  }
}

/** Waits until every frame has its outcome. */
async function settled(redis: Redis, cameras: number): Promise<void> {
  for (;;) {
    const lengths = await Promise.all(
      Array.from({ length: cameras }, (_, camera) => redis.xlen(streamOf(camera))),
    );
    if (lengths.every((length) => length === 0)) return;
    await delay(20);
  }
}

/** Matches events with their frames. Of a duplicate the first counts. */
function joinEvents(
  written: ReadonlyMap<string, number>,
  events: readonly ArrivedEvent[],
  first: number,
): Pick<PacedResult, 'latencies' | 'arrivals' | 'written' | 'published'> {
  const arrivedAt = new Map<string, number>();
  for (const { cameraId, frameId, arrivedAtMs } of events) {
    const name = `${cameraId} ${frameId}`;
    if (written.has(name) && !arrivedAt.has(name)) arrivedAt.set(name, arrivedAtMs);
  }
  const frames = [...written].filter(([name]) => arrivedAt.has(name)).toSorted(([, a], [, b]) => a - b);
  return {
    latencies: frames.map(([name, at]) => (arrivedAt.get(name) ?? Number.NaN) - at),
    arrivals: frames.map(([, at]) => at - first),
    written: written.size,
    published: arrivedAt.size,
  };
}
