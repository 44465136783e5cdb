import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  cameraFileName,
  type DetectionEvent,
  type EventDetection,
  errorText,
  isCameraId,
  parseFrameEntry,
  streamKeyOf,
} from '@trinetra/contracts';
import type { RedisServerSettings } from '@trinetra/env-settings';
import sharp, { type OutputInfo, type Region } from 'sharp';
import { ViewerError } from '../errors.ts';
import { pictureExtension } from '../picture-extension.ts';
import { connectRedis } from '../redis.ts';

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
export interface CropSaver extends AsyncDisposable {
  /**
   * One JPEG a person, mode 0600: `{camera}_{frame}_{track}.jpg`, the camera as {@link cameraFileName} writes
   * it. @throws {ViewerError} `unreadable`, `unwritable`.
   */
  save(event: DetectionEvent): Promise<void>;
  readonly counts: Readonly<CropCounts>;
}

/** Most pixels of a frame, as the worker decodes. */
const maxPixels = 50_000_000;

export interface CropOptions {
  readonly folder: string;
  /** Has the frames, in the streams that the ingestor writes. */
  readonly redis: RedisServerSettings;
}

/**
 * Connects to Redis, and makes the folder (mode 0700) if it is missing.
 *
 * @throws {ViewerError} `unreadable`, without the password of the address; `unwritable`.
 */
export async function createCropSaver({ folder, redis: settings }: CropOptions): Promise<CropSaver> {
  const { redis, refuse: refuseRead } = await connectRedis(settings);
  const refuse = (error: unknown): never => {
    throw new ViewerError('unwritable', `--save-crops: cannot write to ${folder}: ${errorText(error)}`);
  };
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    redis.disconnect();
    refuse(error);
  });
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

  /** The encoded picture; undefined if it is gone from the stream. */
  async function read(cameraId: string, frameId: string): Promise<Uint8Array | undefined> {
    const key = streamKeyOf(cameraId);
    const entries = await redis.xrangeBuffer(key, frameId, frameId).catch(refuseRead);
    const [, fields] = entries[0] ?? [];
    const parsed = fields === undefined ? undefined : parseFrameEntry(key, frameId, fields);
    return parsed?.ok === true ? parsed.entry.frame : undefined;
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
      const frame = await read(camera_id, frame_id);
      if (frame === undefined) {
        counts.gone += 1;
        return;
      }
      const pixels = pictureExtension(frame) !== undefined ? await decode(frame) : undefined;
      if (pixels === undefined) {
        counts.unusable += 1;
        return;
      }
      const { width, height, channels } = pixels.info;
      for (const { bbox, track_id } of persons) {
        const box = pixelsOf(bbox, { width, height });
        if (box === undefined) continue;
        const crop = sharp(pixels.data, { raw: { width, height, channels } }).extract(box);
        const name = `${cameraFileName(camera_id)}_${frame_id}_${track_id}.jpg`;
        await write(name, await crop.jpeg({ quality: 90 }).toBuffer());
      }
    },
    [Symbol.asyncDispose]: async () => redis.disconnect(),
  };
}

/** The pixels of a box `[x1, y1, x2, y2]` in 0..1; undefined if it has none. */
function pixelsOf(
  [x1, y1, x2, y2]: EventDetection['bbox'],
  { width, height }: Pick<OutputInfo, 'width' | 'height'>,
): Region | undefined {
  const [left, top] = [Math.floor(x1 * width), Math.floor(y1 * height)];
  const box = { left, top, width: Math.ceil(x2 * width) - left, height: Math.ceil(y2 * height) - top };
  return box.width > 0 && box.height > 0 ? box : undefined;
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
