import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { errorText, type RecordedEntry, recordedEntrySchema, recordingManifest } from '@trinetra/contracts';
import { SimulatorError } from './errors.ts';

/** Frames recorded by `trinetra-events capture`. */
export interface Recording {
  readonly folder: string;
  /** In the order of their addition to Redis; those of a camera in the order of its stream. At least one. */
  readonly entries: readonly RecordedEntry[];
}

/** The number of a stream entry id `milliseconds-sequence`. */
function numberOf({ frame_id }: RecordedEntry): bigint {
  const [ms = '0', sequence = '0'] = frame_id.split('-');
  return (BigInt(ms) << 64n) + BigInt(sequence);
}

/**
 * Reads the manifest of a recording, without its pictures. About 0.4 KB of memory an entry.
 *
 * @throws {SimulatorError} `bad_recording` if it cannot be read, or a line is no entry.
 */
export async function readRecording(folder: string): Promise<Recording> {
  const path = join(folder, recordingManifest);
  const refuse = (reason: string, cause?: unknown): never => {
    throw new SimulatorError('bad_recording', `--replay: ${reason}`, { cause });
  };
  const numbered: { readonly number: bigint; readonly entry: RecordedEntry }[] = [];
  let line = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
      line += 1;
      if (text.trim() === '') continue;
      const entry =
        readLine(text) ?? refuse(`${path} line ${line}: expected an entry of trinetra-events capture`);
      numbered.push({ number: numberOf(entry), entry });
    }
  } catch (cause) {
    if (cause instanceof SimulatorError) throw cause;
    refuse(
      `expected a folder of trinetra-events capture, but cannot read ${path}: ${errorText(cause)}`,
      cause,
    );
  }
  if (numbered.length === 0) refuse(`expected entries in ${path} but found none`);
  // The times of one camera follow its ids, unless its writer chose them.
  numbered.sort(
    (a, b) => a.entry.time - b.entry.time || (a.number < b.number ? -1 : Number(a.number > b.number)),
  );
  return { folder, entries: numbered.map(({ entry }) => entry) };
}

function readLine(text: string): RecordedEntry | undefined {
  try {
    return recordedEntrySchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // the parser's message would repeat what is there
  }
}
