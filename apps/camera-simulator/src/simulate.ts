import { defined, pause } from '@trinetra/contracts';
import type { Camera } from './cameras.ts';
import { corrupt, type Damage } from './corrupt.ts';
import type { FrameSource, SourceFrame } from './frame-source.ts';
import { ingestEntry } from './ingest-entry.ts';
import type { Manifest } from './manifest.ts';
import { createRandomOf } from './random.ts';
import type { RedisWriter } from './redis-writer.ts';
import type { DueFrame, Schedule } from './schedule.ts';

/** Counts of one camera. */
export interface CameraSummary {
  readonly camera_type: string;
  /** Frames that are in the stream now, or were until it was trimmed. */
  frames_in: number;
  /** Damaged ones among them. */
  corrupt: number;
  /** Of sources: pictures replaced by a newer one before Redis took them. */
  dropped?: number;
  /** Of sources: how often the stream failed or ended. */
  outages?: number;
}

/** The summary; its JSON line. */
export interface Summary {
  frames_in: number;
  corrupt: number;
  /** Frames that Redis did not take. */
  write_errors: number;
  /** Time between the first and the last write, seconds. */
  seconds: number;
  /** Delay of the latest frame, ms: large if this machine or Redis cannot keep up. */
  max_late_ms: number;
  readonly cameras: Record<string, CameraSummary>;
}

export interface SimulateOptions {
  readonly cameras: readonly Camera[];
  readonly source: FrameSource;
  readonly schedule: Schedule;
  readonly writer: RedisWriter;
  /** Whether entries have `width` and `height`: those of the ingestor have neither. */
  readonly sizes: boolean;
  readonly manifest?: Manifest | undefined;
  readonly corruptRate: number;
  readonly seed: number;
  /** Ends the run after the frames under way. */
  readonly signal: AbortSignal;
  readonly onProgress?: ((summary: Summary) => void) | undefined;
  readonly onWriteError?: ((reason: string) => void) | undefined;
}

/** Frames in one round trip: enough for a thousand cameras, and a bound for the memory of a late start. */
const maxFramesPerWrite = 64;

interface Prepared extends SourceFrame {
  readonly camera: Camera;
  readonly damage: Damage | undefined;
}

/** Plays the schedule to its end or until the signal, and returns what was written. */
export async function simulate(options: SimulateOptions): Promise<Summary> {
  const { cameras, schedule, writer, sizes, signal } = options;
  const summary: Summary = {
    frames_in: 0,
    corrupt: 0,
    write_errors: 0,
    seconds: 0,
    max_late_ms: 0,
    cameras: Object.fromEntries(
      cameras.map(({ id, type }) => [id, { camera_type: type, frames_in: 0, corrupt: 0 }]),
    ),
  };
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
    record(summary, frames, await writer.write(entries), options);
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

function record(
  summary: Summary,
  frames: readonly Prepared[],
  outcomes: Awaited<ReturnType<RedisWriter['write']>>,
  { manifest, onWriteError }: SimulateOptions,
): void {
  for (const [i, { camera, image, scene, damage }] of frames.entries()) {
    const outcome = outcomes[i];
    if (outcome?.ok !== true) {
      summary.write_errors += 1;
      onWriteError?.(outcome?.reason ?? 'no answer');
      continue;
    }
    const own = summary.cameras[camera.id];
    const damaged = damage === undefined ? 0 : 1;
    summary.frames_in += 1;
    summary.corrupt += damaged;
    if (own !== undefined) {
      own.frames_in += 1;
      own.corrupt += damaged;
    }
    manifest?.write({
      camera_id: camera.id,
      frame_id: outcome.frameId,
      image,
      ...defined({ corrupt: damage, scene }),
    });
  }
}
