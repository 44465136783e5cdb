import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pause, type RecordedEntry } from '@trinetra/contracts';
import { SimulatorError } from './errors.ts';
import type { Recording } from './recording.ts';
import type { EntryToWrite } from './redis-writer.ts';
import { createSummary, type Stage, type Summary, send } from './summary.ts';

export interface ReplayOptions extends Stage {
  readonly recording: Recording;
  /** 2 plays twice as fast as recorded; Infinity does not wait. */
  readonly speed: number;
  /** `original`: `ingest_ts` as recorded. `now`: when the entry is written. */
  readonly timestamps: 'original' | 'now';
}

/** Entries in one round trip: a bound for the memory that pictures take. */
const maxEntriesPerWrite = 32;

/** Plays the entries in order, to the end or until the signal, and returns what was written. */
export async function replay(options: ReplayOptions): Promise<Summary> {
  const { recording, speed, signal } = options;
  const { entries } = recording;
  const summary = createSummary(
    entries.map(({ camera_id, fields: { camera_type } }) => [
      camera_id,
      typeof camera_type === 'string' ? camera_type : '',
    ]),
  );
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
    const lines = taken.map(({ camera_id, image }) => ({ camera_id, image }));
    await send(summary, prepared, lines, options);
    next += taken.length;
    summary.seconds = Math.round(performance.now() - start) / 1000;
    options.onProgress?.(summary);
  }
  return summary;
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
