import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProgram } from './child-process.ts';
import { DemoError } from './errors.ts';
import type { EventReader } from './event-reader.ts';
import type { CamerasEnd } from './explain.ts';
import { followLines } from './follow-lines.ts';
import type { Ledger, SentFrame } from './ledger.ts';
import { simulatorMain } from './measure-capacity.ts';
import type { DemoOptions } from './options.ts';
import type { Screen } from './screen.ts';
import { countDropped, type Summary } from './summary.ts';
import type { Worker } from './worker.ts';

const pollMs = 200;
/** Time without a change after which missing frames are given up. */
const stillMs = 15_000;

export interface ReplayOptions {
  readonly options: DemoOptions;
  /** Frames per second of each camera. */
  readonly fps: number;
  /** Further arguments of the simulator. */
  readonly cameraFlags: readonly string[];
  readonly redisUrl: string;
  readonly maxlen: number;
  /** For the manifest. */
  readonly folder: string;
  readonly worker: Worker;
  readonly ledger: Ledger;
  readonly sink: { readonly reader: EventReader };
  readonly screen: Screen;
}

function parseSentFrame(line: string): SentFrame {
  const value: unknown = JSON.parse(line);
  if (
    typeof value === 'object' &&
    value !== null &&
    'camera_id' in value &&
    'frame_id' in value &&
    'image' in value
  ) {
    // Our own simulator's line, as its Manifest writes it.
    return value as SentFrame;
  }
  throw new SyntaxError(`manifest: expected camera_id, frame_id and image but received ${line}`);
}

function describe(summary: Summary, seconds: number): string {
  const { frames_in, events_out, persons, faces, dropped } = summary;
  const counts = `${frames_in} frames in, ${events_out} events out, ${persons} persons, ${faces} faces`;
  return `${seconds.toFixed(0).padStart(3)} s: ${counts}, ${countDropped(dropped)} dropped`;
}

/** Result of the replay. */
export interface Replayed {
  /** From the start of the cameras to the last change. */
  readonly seconds: number;
  readonly camerasEnd: CamerasEnd;
}

/**
 * Runs the cameras and fills the ledger, until every frame is accounted for or nothing changed for 15 s.
 *
 * @throws {DemoError} `not_started` if the simulator or the worker fails.
 */
export async function replay(replayed: ReplayOptions): Promise<Replayed> {
  const { options, worker, ledger, sink, screen } = replayed;
  const manifest = join(replayed.folder, 'manifest.ndjson');
  const sent = followLines(manifest);
  const flags = {
    redis: replayed.redisUrl,
    cameras: options.cameras,
    fps: replayed.fps,
    seconds: options.seconds,
    maxlen: replayed.maxlen,
    manifest,
  };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  if (options.frames !== undefined) args.push('--frames', options.frames);
  const simulator = startProgram(
    'simulator',
    simulatorMain,
    [...args, ...replayed.cameraFlags, '--json'],
    {},
  );
  const startedAt = performance.now();
  let changedAt = startedAt;
  let before = '';
  let firstAt: number | undefined;
  let camerasEnd: CamerasEnd | undefined;
  try {
    for (;;) {
      // Check before reading: a process that has ended has written everything.
      const cameras = simulator.ended();
      const counters = await worker.counters();
      if (counters !== undefined) ledger.counted(counters);
      for (const line of await sent.read()) ledger.sent(parseSentFrame(line));
      for (const event of await sink.reader.read()) ledger.received(event);
      const summary = ledger.summary();
      const { frames_in, events_out, dropped, unexplained } = summary;
      const now = performance.now();
      const state = `${frames_in} ${events_out} ${countDropped(dropped)} ${cameras}`;
      if (state !== before) changedAt = now;
      before = state;
      if (frames_in > 0) firstAt ??= now;
      if (cameras !== undefined) {
        const seconds = Math.max((now - (firstAt ?? now)) / 1000, options.seconds);
        camerasEnd ??= { framesIn: frames_in, eventsOut: events_out, waiting: unexplained, seconds };
      }
      screen.progress(describe(summary, (changedAt - startedAt) / 1000));
      if (cameras !== undefined && !simulator.succeeded()) {
        throw new DemoError('not_started', `The cameras failed:\n${simulator.lastLines(10)}`);
      }
      if (worker.program.ended() !== undefined) {
        const lines = worker.program.lastLines(15);
        throw new DemoError('not_started', `The worker ended with ${worker.program.ended()}:\n${lines}`);
      }
      if (camerasEnd !== undefined && (unexplained === 0 || now - changedAt > stillMs)) {
        return { seconds: Math.round((changedAt - startedAt) / 100) / 10, camerasEnd };
      }
      await sleep(pollMs);
    }
  } finally {
    await simulator.stop(1000);
    screen.endProgress();
  }
}
