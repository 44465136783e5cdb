import type { Size } from '@trinetra/contracts';
import type { Camera } from './cameras.ts';
import type { EntryToWrite } from './redis-writer.ts';

/** An encoded picture. */
export interface SentPicture extends Size {
  /** `width` and `height` are of the camera's own picture. */
  readonly bytes: Buffer;
}

/**
 * The entry that the ingestor would write.
 *
 * @param options `takenAtMs`: when the picture was taken, ms since 1970; `sizes`: adds `width` and `height`,
 * which the ingestor does not send.
 */
export function ingestEntry(
  { id, type }: Camera,
  { bytes, width, height }: SentPicture,
  { takenAtMs, sizes }: { readonly takenAtMs: number; readonly sizes: boolean },
): EntryToWrite {
  const ingestTs = (takenAtMs / 1000).toFixed(3);
  const fields = ['camera_id', id, 'camera_type', type, 'ingest_ts', ingestTs, 'frame', bytes];
  return { cameraId: id, fields: [...fields, ...(sizes ? ['width', width, 'height', height] : [])] };
}
