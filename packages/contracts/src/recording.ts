import { z } from 'zod';
import { isCameraId } from './camera-id.ts';

/** File in a recording's folder that lists its entries, one line of JSON each. */
export const recordingManifest = 'manifest.ndjson';

/** A field's value: text, or bytes that are no UTF-8. */
export type RecordedValue = string | { readonly base64: string };

/**
 * A recorded entry of a stream `frames:*`. `camera_id`, `frame_id` and `image` are as in the camera simulator's
 * manifest.
 */
export interface RecordedEntry {
  /** The camera of the stream; normally also that of the field `camera_id`. */
  readonly camera_id: string;
  /** Stream entry id. */
  readonly frame_id: string;
  /**
   * File with the bytes of the field `frame`, as they came: a path within the folder, such as
   * `cam_01/1771840000100-0.jpg`.
   */
  readonly image: string;
  /**
   * When the entry was added, seconds since the epoch, by the clock of Redis. If its id is no time, by
   * `ingest_ts` or the time of recording.
   */
  readonly time: number;
  /** All fields but `frame`. */
  readonly fields: Readonly<Record<string, RecordedValue>>;
}

const value = z.union([z.string(), z.strictObject({ base64: z.base64() })]);

/** No path out of the folder, and none that another system reads differently. */
const pathWithin = z
  .string()
  .max(512)
  .refine((path) => {
    const parts = path.split('/');
    return parts.every((part) => /^[A-Za-z0-9_.:%~-]+$/.test(part) && part !== '.' && part !== '..');
  }, 'expected a path within the folder');

/** The zod schema of a line of {@link recordingManifest}; unknown keys are allowed. */
export const recordedEntrySchema: z.ZodType<RecordedEntry> = z.looseObject({
  camera_id: z.string().refine(isCameraId, 'expected a camera'),
  frame_id: z.string().regex(/^\d{1,20}-\d{1,20}$/, 'expected a stream entry id'),
  image: pathWithin,
  time: z.number().min(0).max(1e11),
  fields: z.record(z.string(), value),
});
