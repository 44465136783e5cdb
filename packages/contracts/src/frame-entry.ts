import { isUtf8 } from 'node:buffer';
import { bufferOf } from './buffer-of.ts';
import { cameraIdOf, cameraIdProblem, isCameraId, maxCameraIdBytes, namesCamera } from './camera-id.ts';
import { maxTraceFieldBytes, parseTraceContext, type TraceContext } from './trace-context.ts';

/** Camera types, highest priority first; types not listed rank with `others`. */
export const cameraTypes = [
  'billing',
  'entrance',
  'face_capture',
  'tracking',
  'vehicle',
  'emotion',
  'others',
] as const;

export type CameraType = (typeof cameraTypes)[number];

/** Maps any text to one of {@link cameraTypes}; unknown types are `others`. */
export function normaliseCameraType(value: string | undefined): CameraType {
  const found = cameraTypes.find((type) => type === value);
  return found ?? 'others';
}

/** A frame as the stream-ingestor writes it, read and validated. */
export interface FrameEntry {
  /** Stream entry id, `milliseconds-sequence`; with `cameraId` the key for de-duplication. */
  readonly frameId: string;
  readonly cameraId: string;
  /** As written by the ingestor; see {@link normaliseCameraType}. */
  readonly cameraType: string;
  /** Seconds since the epoch. */
  readonly ingestTs: number;
  /** Encoded picture (JPEG, PNG or WebP). */
  readonly frame: Uint8Array;
  /** Size of the camera's original picture, px, if the ingestor sent it. */
  readonly originalSize?: { readonly width: number; readonly height: number };
  /** Trace context of the step that wrote the entry, if it sent a valid one. */
  readonly traceContext?: TraceContext;
}

export type FrameEntryProblem =
  | 'missing_field'
  | 'duplicate_field'
  | 'field_too_long'
  | 'bad_camera_id'
  | 'camera_id_mismatch'
  | 'bad_ingest_ts'
  | 'empty_frame'
  | 'bad_size';

export type FrameEntryResult =
  | { readonly ok: true; readonly entry: FrameEntry }
  | { readonly ok: false; readonly problem: FrameEntryProblem; readonly message: string };

/** Optional: a bad value counts as not sent and costs no frame. */
const traceFields = ['traceparent', 'tracestate'] as const;
const known = ['camera_id', 'camera_type', 'ingest_ts', 'frame', 'width', 'height', ...traceFields] as const;
type Known = (typeof known)[number];

const isTraceField = (field: Known): boolean => traceFields.some((one) => one === field);

const noBytes = new Uint8Array();
const notUtf8 = `expected 1 to ${maxCameraIdBytes} bytes of UTF-8 but received other bytes`;

const bytesOf = (field: string | Uint8Array | undefined): Uint8Array | undefined =>
  typeof field === 'string' ? Buffer.from(field) : field;

function fail(problem: FrameEntryProblem, message: string): FrameEntryResult {
  return { ok: false, problem, message };
}

/** Beyond this a side would vanish. */
export const mostAspect = 100;

function parseSize(
  width: string | undefined,
  height: string | undefined,
): FrameEntry['originalSize'] | 'bad' {
  if (width === undefined && height === undefined) return undefined;
  const [w, h] = [Number(width), Number(height)];
  const good = (n: number): boolean => Number.isInteger(n) && n >= 1 && n <= 65_535;
  const isPicture = good(w) && good(h) && w / h <= mostAspect && h / w <= mostAspect;
  return isPicture ? { width: w, height: h } : 'bad';
}

/**
 * Validates the fields of one stream entry, as Redis returns them: `[name, value, name, value, ...]`, as bytes or as text.
 *
 * Never throws: a bad entry is an outcome. Ignores unknown fields and an invalid `traceparent` or `tracestate`.
 * Does not copy the frame bytes.
 *
 * @param streamKey The stream that held the entry; its camera must be the one the entry names.
 * @example
 * const result = parseFrameEntry('frames:cam_01', '1-0', fields);
 * if (!result.ok) console.warn(result.problem);
 */
export function parseFrameEntry(
  streamKey: string,
  frameId: string,
  fields: readonly (string | Uint8Array)[],
): FrameEntryResult {
  const values = new Map<Known, Uint8Array>();
  const text = (name: Known): string | undefined => {
    const value = values.get(name);
    return value === undefined ? undefined : bufferOf(value).toString('utf8');
  };
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [rawName, value] = [bytesOf(fields[i]), bytesOf(fields[i + 1])];
    if (rawName === undefined || value === undefined || rawName.byteLength > 16) continue;
    const name = bufferOf(rawName).toString('latin1');
    const field = known.find((candidate) => candidate === name);
    if (field === undefined) continue;
    if (isTraceField(field)) {
      values.set(field, values.has(field) || value.byteLength > maxTraceFieldBytes ? noBytes : value);
      continue;
    }
    if (values.has(field)) return fail('duplicate_field', `field ${field}: expected once but received twice`);
    if (field !== 'frame' && value.byteLength > 256) {
      return fail(
        'field_too_long',
        `field ${field}: expected at most 256 bytes but received ${value.byteLength}`,
      );
    }
    values.set(field, value);
  }
  const cameraId = text('camera_id');
  if (cameraId === undefined)
    return fail('missing_field', 'field camera_id: expected text but received nothing');
  const problem = isUtf8(values.get('camera_id') ?? noBytes) ? cameraIdProblem(cameraId) : notUtf8;
  if (problem !== undefined) return fail('bad_camera_id', `field camera_id: ${problem}`);
  if (namesCamera(streamKey) && cameraIdOf(streamKey) !== cameraId) {
    return fail(
      'camera_id_mismatch',
      'field camera_id: expected the camera of the stream key but received another',
    );
  }
  const cameraType = text('camera_type') ?? 'others';
  const rawTs = text('ingest_ts');
  if (rawTs === undefined)
    return fail('missing_field', 'field ingest_ts: expected seconds but received nothing');
  const ingestTs = rawTs.trim() === '' ? Number.NaN : Number(rawTs);
  if (!Number.isFinite(ingestTs) || ingestTs < 0 || ingestTs > 1e11) {
    return fail('bad_ingest_ts', 'field ingest_ts: expected seconds since the epoch in 0..1e11');
  }
  const frame = values.get('frame');
  if (frame === undefined)
    return fail('missing_field', 'field frame: expected picture bytes but received nothing');
  if (frame.byteLength === 0)
    return fail('empty_frame', 'field frame: expected picture bytes but received none');
  const size = parseSize(text('width'), text('height'));
  if (size === 'bad')
    return fail(
      'bad_size',
      'fields width, height: expected two whole numbers in 1..65535, of an aspect up to 100:1',
    );
  const type = isCameraId(cameraType) ? cameraType : 'others';
  const traceContext = parseTraceContext(text('traceparent'), text('tracestate'));
  const entry = {
    frameId,
    cameraId,
    cameraType: type,
    ingestTs,
    frame,
    ...(size === undefined ? {} : { originalSize: size }),
    ...(traceContext === undefined ? {} : { traceContext }),
  };
  return { ok: true, entry };
}
