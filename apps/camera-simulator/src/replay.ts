import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pause, type RecordedEntry } from '@trinetra/contracts';
import { SimulatorError } from './errors.ts';
import type { Manifest } from './manifest.ts';
import type { Recording } from './recording.ts';
import type { EntryToWrite, RedisWriter } from './redis-writer.ts';
import type { Summary } from './simulate.ts';

export interface ReplayOptions {
  readonly recording: Recording;
  readonly writer: RedisWriter;
  /** 2 plays twice as fast as recorded; Infinity does not wait. */
  readonly speed: number;
  /** `original`: `ingest_ts` as recorded. `now`: when the entry is written. */
  readonly timestamps: 'original' | 'now';
  readonly manifest?: Manifest | undefined;
  /** Ends the run after the entries under way. */
  readonly signal: AbortSignal;
  readonly onProgress?: ((summary: Summary) => void) | undefined;
  readonly onWriteError?: ((reason: string) => void) | undefined;
}

/** Entries in one round trip: a bound for the memory that pictures take. */
const maxEntriesPerWrite = 32;

/** Plays the entries in order, to the end or until the signal, and returns what was written. */
export async function replay(options: ReplayOptions): Promise<Summary> {
  const { recording, writer, speed, signal } = options;
  const { entries } = recording;
  const summary = summaryOf(entries);
  const firstTime = entries[0]?.time ?? 0;
  // A clock that was set back makes no entry due before the first.
  const dueMsOf = ({ time }: RecordedEntry): number => Math.max(0, (1000 * (time - firstTime)) / speed);
  const start = performance.now();
  for (let next = 0; next < entries.length && !signal.aborted; ) {
    const first = entries[next];
    if (first === undefined) break;
    const early = dueMsOf(first) - (performance.now() - start);
    if (early > 0) await pause(early, signal);
    if (signal.aborted) break;
    const elapsed = performance.now() - start;
    const rest = entries.slice(next, next + maxEntriesPerWrite);
    const later = rest.findIndex((entry) => dueMsOf(entry) > elapsed);
    // The first is due, though its timer may have ended a little early.
    const taken = later < 0 ? rest : rest.slice(0, Math.max(1, later));
    if (speed !== Infinity) {
      summary.max_late_ms = Math.max(summary.max_late_ms, Math.round(elapsed - dueMsOf(first)));
    }
    const prepared = await Promise.all(taken.map((entry) => entryOf(entry, options)));
    record(summary, taken, await writer.write(prepared), options);
    next += taken.length;
    summary.seconds = Math.round(performance.now() - start) / 1000;
    options.onProgress?.(summary);
  }
  return summary;
}

function summaryOf(entries: readonly RecordedEntry[]): Summary {
  // A camera may have the name of a property of all objects.
  const cameras: Summary['cameras'] = Object.create(null);
  for (const { camera_id, fields } of entries) {
    const type = fields['camera_type'];
    cameras[camera_id] ??= { camera_type: typeof type === 'string' ? type : '', frames_in: 0, corrupt: 0 };
  }
  return { frames_in: 0, corrupt: 0, write_errors: 0, seconds: 0, max_late_ms: 0, cameras };
}

/** All recorded fields, and the bytes of the picture. */
async function entryOf(
  { camera_id: cameraId, image, fields }: RecordedEntry,
  { recording, timestamps }: ReplayOptions,
): Promise<EntryToWrite> {
  const path = join(recording.folder, image);
  const frame = await readFile(path).catch((cause: Error) => {
    throw new SimulatorError('bad_recording', `--replay: cannot read ${path}: ${cause.message}`, { cause });
  });
  const now = (Date.now() / 1000).toFixed(3);
  const sent = timestamps === 'now' ? { ...fields, ingest_ts: now } : fields;
  const texts = Object.entries(sent).flatMap(([name, value]) => [
    name,
    typeof value === 'string' ? value : Buffer.from(value.base64, 'base64'),
  ]);
  return { cameraId, fields: [...texts, 'frame', frame] };
}

function record(
  summary: Summary,
  entries: readonly RecordedEntry[],
  outcomes: Awaited<ReturnType<RedisWriter['write']>>,
  { manifest, onWriteError }: ReplayOptions,
): void {
  for (const [i, { camera_id, image }] of entries.entries()) {
    const outcome = outcomes[i];
    if (outcome?.ok !== true) {
      summary.write_errors += 1;
      onWriteError?.(outcome?.reason ?? 'no answer');
      continue;
    }
    summary.frames_in += 1;
    const own = summary.cameras[camera_id];
    if (own !== undefined) own.frames_in += 1;
    manifest?.write({ camera_id, frame_id: outcome.frameId, image });
  }
}
