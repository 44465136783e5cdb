import type { Size } from '@trinetra/contracts';
import type { Camera } from './cameras.ts';
import type { EntryToWrite } from './redis-writer.ts';

/** A picture as it is sent. */
export interface SentPicture extends Size {
  /** Its `width` and `height` are those of the camera's own picture. */
  readonly bytes: Buffer;
}

/**
 * The entry that the ingestor would write.
 *
 * @param options `takenAtMs`: when the picture was taken, ms since 1970; `sizes`: with `width` and `height`, which those of
 * the ingestor do not have.
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
