import { defined, pause } from '@trinetra/contracts';
import type { Camera } from './cameras.ts';
import { corrupt, type Damage } from './corrupt.ts';
import type { FrameSource, SourceFrame } from './frame-source.ts';
import { ingestEntry } from './ingest-entry.ts';
import { createRandomOf } from './random.ts';
import type { DueFrame, Schedule } from './schedule.ts';
import { createSummary, type Stage, type Summary, send } from './summary.ts';

export interface SimulateOptions extends Stage {
  readonly cameras: readonly Camera[];
  readonly source: FrameSource;
  readonly schedule: Schedule;
  /** Whether entries have `width` and `height`: those of the ingestor have neither. */
  readonly sizes: boolean;
  readonly corruptRate: number;
  readonly seed: number;
}

/** Frames in one round trip: enough for a thousand cameras, and a bound for the memory of a late start. */
const maxFramesPerWrite = 64;

interface Prepared extends SourceFrame {
  readonly camera: Camera;
  readonly damage: Damage | undefined;
}

/** Plays the schedule to its end or until the signal, and returns what was written. */
export async function simulate(options: SimulateOptions): Promise<Summary> {
  const { cameras, schedule, sizes, signal } = options;
  const summary = createSummary(cameras.map(({ id, type }) => [id, type]));
  const prepare = createPreparer(options);
  const start = performance.now();
  for (let due = schedule.nextDueMs(); due !== undefined && !signal.aborted; due = schedule.nextDueMs()) {
    const early = due - (performance.now() - start);
    if (early > 0) await pause(early, signal);
    if (signal.aborted) break;
    // A timer may fire a little early: then nothing is due yet, and the loop sleeps again.
    const elapsed = performance.now() - start;
    const taken = schedule.takeDue(elapsed, maxFramesPerWrite);
    const [first] = taken;
    if (first === undefined) continue;
    summary.max_late_ms = Math.max(summary.max_late_ms, Math.round(elapsed - first.dueMs));
    const frames = await Promise.all(taken.map(prepare));
    const now = Date.now();
    const entries = frames.map((frame) => ingestEntry(frame.camera, frame, { takenAtMs: now, sizes }));
    const lines = frames.map(({ camera, image, scene, damage }) => ({
      camera_id: camera.id,
      image,
      ...defined({ corrupt: damage, scene }),
    }));
    await send(summary, entries, lines, options);
    summary.seconds = Math.round(performance.now() - start) / 1000;
    options.onProgress?.(summary);
  }
  return summary;
}

function createPreparer({
  cameras,
  source,
  corruptRate,
  seed,
}: SimulateOptions): (due: DueFrame) => Promise<Prepared> {
  return async ({ camera: index, frame }) => {
    const camera = cameras[index];
    if (camera === undefined) throw new RangeError(`camera ${index}: expected one of ${cameras.length}`);
    // Each frame has its own generator, because frames are prepared in parallel. The schedule's jitter has
    // another, so that each repeats whether or not the other is used.
    const random = createRandomOf(seed + 1_000_003 + Math.imul(frame, 0x9e3779b1), index);
    const broken = random() < corruptRate;
    const sent = await source(index, frame);
    if (!broken) return { ...sent, camera, damage: undefined };
    return { ...sent, camera, ...corrupt(sent.bytes, random) };
  };
}
