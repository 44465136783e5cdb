import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cameraFileName, type DetectionEvent, errorText, isCameraId } from '@trinetra/contracts';
import sharp, { type OutputInfo } from 'sharp';
import { ViewerError } from '../errors.ts';
import { cropBoxOf } from './crop-box.ts';
import type { FrameReader } from './frame-reader.ts';

/** Counts of persons so far. */
interface CropCounts {
  /** Files written. */
  saved: number;
  /** Persons whose crop existed already: the event is a duplicate. */
  known: number;
  /** Events whose frame is gone from the stream. */
  gone: number;
  /** Events whose frame is no picture, or whose camera or frame id is invalid. */
  unusable: number;
}

/** Saves the persons of events as pictures. */
export interface CropSaver {
  /**
   * One JPEG a person, mode 0600: `{camera}_{frame}_{track}.jpg`, the camera as {@link cameraFileName} writes
   * it. @throws {ViewerError} `unreadable`, `unwritable`.
   */
  save(event: DetectionEvent): Promise<void>;
  readonly counts: Readonly<CropCounts>;
}

/** Most pixels of a frame, as the worker decodes. */
const maxPixels = 50_000_000;

const signatures = [
  { at: 0, text: '\u00ff\u00d8\u00ff' }, // JPEG
  { at: 0, text: '\u0089PNG\r\n' },
  { at: 8, text: 'WEBP' },
] as const;

/** Only the worker's formats: sharp would read many others. */
function isPicture(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  return signatures.some(({ at, text }) => head.startsWith(text, at));
}

/**
 * Makes the folder (mode 0700) if it is missing.
 *
 * @throws {ViewerError} `unwritable`.
 */
export async function createCropSaver(folder: string, frames: FrameReader): Promise<CropSaver> {
  const refuse = (error: unknown): never => {
    throw new ViewerError('unwritable', `--save-crops: cannot write to ${folder}: ${errorText(error)}`);
  };
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch(refuse);
  const counts: CropCounts = { saved: 0, known: 0, gone: 0, unusable: 0 };

  async function write(name: string, bytes: Buffer): Promise<void> {
    try {
      // Never through an existing file or link.
      await writeFile(join(folder, name), bytes, { flag: 'wx', mode: 0o600 });
      counts.saved += 1;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) refuse(error);
      counts.known += 1;
    }
  }

  return {
    counts,
    async save(event) {
      const { camera_id, frame_id } = event;
      const persons = event.detections.filter(({ class_id }) => class_id === 0);
      if (persons.length === 0) return;
      // Both become part of a key and of a file's name.
      if (!isCameraId(camera_id) || !/^\d{1,20}-\d{1,20}$/.test(frame_id)) {
        counts.unusable += 1;
        return;
      }
      const frame = await frames.read(camera_id, frame_id);
      if (frame === undefined) {
        counts.gone += 1;
        return;
      }
      const pixels = isPicture(frame) ? await decode(frame) : undefined;
      if (pixels === undefined) {
        counts.unusable += 1;
        return;
      }
      const { width, height, channels } = pixels.info;
      for (const { bbox, track_id } of persons) {
        const box = cropBoxOf(bbox, { width, height });
        if (box === undefined) continue;
        const crop = sharp(pixels.data, { raw: { width, height, channels } }).extract(box);
        await write(
          `${cameraFileName(camera_id)}_${frame_id}_${track_id}.jpg`,
          await crop.jpeg({ quality: 90 }).toBuffer(),
        );
      }
    },
  };
}

/** The pixels as the worker saw them: ignores the orientation tag. Undefined for a damaged picture. */
async function decode(frame: Uint8Array): Promise<{ data: Buffer; info: OutputInfo } | undefined> {
  try {
    return await sharp(frame, { limitInputPixels: maxPixels })
      .flatten()
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
  } catch {
    return undefined; // a bad picture is an outcome, and counted
  }
}
