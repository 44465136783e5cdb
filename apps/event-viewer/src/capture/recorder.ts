import { isUtf8 } from 'node:buffer';
import { chmod, type FileHandle, mkdir, open, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  cameraFileName,
  errorText,
  isClockTime,
  type RecordedEntry,
  type RecordedValue,
  recordingManifest,
  timeOfId,
} from '@trinetra/contracts';
import { ViewerError } from '../errors.ts';
import { pictureExtension } from '../picture-extension.ts';
import type { StreamEntry } from './stream-reader.ts';

/** Writes entries into a folder that the camera simulator replays. */
export interface Recorder extends AsyncDisposable {
  /**
   * Writes the picture, then its line of the manifest, so that what the manifest names is complete.
   *
   * @returns `full` if the entry would exceed the limit; it is then not written. `unusable` if the entry has no
   * picture, or has a field twice or with a name that is no text.
   * @throws {ViewerError} `unwritable`; what was written before is complete.
   */
  write(entry: StreamEntry): Promise<'written' | 'full' | 'unusable'>;
  readonly counts: Readonly<RecorderCounts>;
}

interface RecorderCounts {
  frames: number;
  /** Of pictures and manifest. */
  bytes: number;
  /** Entries that are no frames. */
  unusable: number;
}

/** `1.2 GB` */
export function sizeText(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : Number(value.toPrecision(3))} ${units[power]}`;
}

/**
 * Makes the folder, which only its owner can read (mode 0700, files 0600): frames are personal data.
 *
 * @throws {ViewerError} `invalid_options` where the folder is not empty, or its disk has not enough room; `unwritable`.
 */
export async function createRecorder(folder: string, maxBytes: number): Promise<Recorder> {
  const refuse = (error: unknown): never => {
    throw new ViewerError('unwritable', `--output: cannot write to ${folder}: ${errorText(error)}`, {
      cause: error,
    });
  };
  const manifest = await prepareFolder(folder, maxBytes, refuse);
  const counts: RecorderCounts = { frames: 0, bytes: 0, unusable: 0 };
  const cameras = new Set<string>();
  let manifestBytes = 0;

  async function writeWhole(picture: Uint8Array, line: Buffer, path: string): Promise<void> {
    try {
      await writeFile(path, picture, { flag: 'wx', mode: 0o600 });
      await manifest.appendFile(line);
    } catch (error) {
      // The disk is full: remove this entry, so that the recording stays complete.
      const isOurs = !(error instanceof Error && 'code' in error && error.code === 'EEXIST');
      await Promise.allSettled([isOurs && rm(path, { force: true }), manifest.truncate(manifestBytes)]);
      refuse(error);
    }
    manifestBytes += line.length;
  }

  return {
    counts,
    async write(entry) {
      const recorded = recordedOf(entry);
      if (recorded === undefined) {
        counts.unusable += 1;
        return 'unusable';
      }
      const line = Buffer.from(`${JSON.stringify(recorded.entry)}\n`);
      const bytes = recorded.picture.length + line.length;
      if (counts.bytes + bytes > maxBytes) return 'full';
      if (!cameras.has(entry.cameraId)) {
        await mkdir(join(folder, cameraFileName(entry.cameraId)), { mode: 0o700 }).catch(refuse);
        cameras.add(entry.cameraId);
      }
      await writeWhole(recorded.picture, line, join(folder, recorded.entry.image));
      counts.frames += 1;
      counts.bytes += bytes;
      return 'written';
    },
    [Symbol.asyncDispose]: () => manifest.close(),
  };
}

async function prepareFolder(
  folder: string,
  maxBytes: number,
  refuse: (error: unknown) => never,
): Promise<FileHandle> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch(refuse);
  if ((await readdir(folder).catch(refuse)).length > 0) {
    throw new ViewerError(
      'invalid_options',
      `--output: expected a new or an empty folder, but ${folder} holds files`,
    );
  }
  const { bavail, bsize } = await statfs(folder).catch(refuse);
  if (bavail * bsize < maxBytes) {
    const [free, most] = [sizeText(bavail * bsize), sizeText(maxBytes)];
    throw new ViewerError(
      'invalid_options',
      `--output: ${folder} has ${free} free, and --max-bytes allows ${most}: expected more room, or a lower --max-bytes`,
    );
  }
  await chmod(folder, 0o700).catch(refuse);
  return open(join(folder, recordingManifest), 'ax', 0o600).catch(refuse);
}

/** By the id. If the id is no time, by `ingest_ts`, else by our own clock. */
function timeMsOf(frameId: string, ingestTs: RecordedValue | undefined): number {
  const nowMs = Date.now();
  const ingestMs = Number(ingestTs) * 1000;
  return timeOfId(frameId, nowMs) ?? (isClockTime(ingestMs, nowMs) ? ingestMs : nowMs);
}

function recordedOf({
  cameraId,
  frameId,
  fields,
}: StreamEntry): { readonly entry: RecordedEntry; readonly picture: Buffer } | undefined {
  const values = new Map<string, RecordedValue>();
  let picture: Buffer | undefined;
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [name, value] = [fields[i], fields[i + 1]];
    if (name === undefined || value === undefined || !isUtf8(name)) return undefined;
    const text = name.toString();
    if (values.has(text) || (text === 'frame' && picture !== undefined)) return undefined;
    if (text === 'frame') picture = value;
    else values.set(text, isUtf8(value) ? value.toString() : { base64: value.toString('base64') });
  }
  if (picture === undefined) return undefined;
  const entry = {
    camera_id: cameraId,
    frame_id: frameId,
    image: `${cameraFileName(cameraId)}/${frameId}.${pictureExtension(picture) ?? 'bin'}`,
    time: timeMsOf(frameId, values.get('ingest_ts')) / 1000,
    fields: Object.fromEntries(values),
  };
  return { entry, picture };
}
