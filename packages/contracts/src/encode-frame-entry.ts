import { streamKeyOf } from './camera-id.ts';
import { ContractsError } from './contracts-error.ts';
import { type FrameEntry, parseFrameEntry } from './frame-entry.ts';

/** A frame to write; Redis gives it its id. */
export type FrameToWrite = Omit<FrameEntry, 'frameId'>;

/** What XADD takes. */
export interface EncodedFrameEntry {
  /** The stream of the camera. */
  readonly key: string;
  /** `[name, value, name, value, ...]` */
  readonly fields: (string | Uint8Array)[];
}

/**
 * Writes a frame as the fields of a stream entry, without a copy of its bytes.
 *
 * @throws {ContractsError} `invalid_frame_entry` where the worker would refuse it, or read it otherwise.
 * @example
 * const { key, fields } = encodeFrameEntry({ cameraId, cameraType: 'entrance', ingestTs: Date.now() / 1000, frame: jpeg });
 * await redis.xadd(key, 'MAXLEN', '~', 100, '*', ...fields);
 */
export function encodeFrameEntry(frame: FrameToWrite): EncodedFrameEntry {
  const { cameraId, cameraType, ingestTs, originalSize: size, traceContext } = frame;
  const key = streamKeyOf(cameraId);
  const fields: (string | Uint8Array)[] = [
    'camera_id',
    cameraId,
    'camera_type',
    cameraType,
    'ingest_ts',
    String(ingestTs),
    'frame',
    frame.frame,
  ];
  if (size !== undefined) fields.push('width', String(size.width), 'height', String(size.height));
  for (const [name, value] of Object.entries(traceContext ?? {})) fields.push(name, value);
  const read = parseFrameEntry(key, '0-1', fields);
  if (!read.ok) throw new ContractsError('invalid_frame_entry', read.message);
  if (read.entry.cameraType !== cameraType)
    throw new ContractsError(
      'invalid_frame_entry',
      'field camera_type: expected 1 to 200 bytes of UTF-8 without control characters',
    );
  if (traceContext !== undefined && read.entry.traceContext === undefined)
    throw new ContractsError(
      'invalid_frame_entry',
      'field traceparent: expected it as W3C Trace Context has it',
    );
  return { key, fields };
}
