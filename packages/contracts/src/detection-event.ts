import { z } from 'zod';
import { ContractsError } from './contracts-error.ts';
import type { FaceLandmarks, Xyxy } from './image.ts';

/** One of the words known today, or one that a later version adds: a reader must take each. */
type Open<Known extends string> = Known | (string & Record<never, never>);

const statuses = ['ok', 'degraded', 'failed'] as const;
/** How a frame fared. */
export type EventStatus = Open<(typeof statuses)[number]>;

const faceAbsences = ['no_face', 'too_small', 'failed', 'not_run'] as const;
/** Why a person has no embedding. */
export type FaceAbsence = Open<(typeof faceAbsences)[number]>;

const unit = z.number().min(0).max(1);
const point = z.tuple([z.number(), z.number()]);
/** Corners `[x1, y1, x2, y2]`, normalised to 0..1 of the frame. */
const box = z.tuple([unit, unit, unit, unit]);

const faceSchema = z.looseObject({
  bbox: box,
  landmarks: z.tuple([point, point, point, point, point]),
  score: unit,
});

const detectionSchema = z.looseObject({
  track_id: z.int().min(0),
  bbox: box,
  confidence: unit,
  class_id: z.int().min(0),
  face: z.union([faceSchema, z.string()]).optional(),
});

const eventShape = z.looseObject({
  schema_version: z.literal(1),
  frame_id: z.string().min(1),
  camera_id: z.string().min(1),
  camera_type: z.string(),
  ingest_ts: z.number(),
  worker_ts: z.number(),
  worker_id: z.string(),
  status: z.string().min(1),
  reasons: z.array(z.string()),
  embedding_space: z.string().nullable(),
  detections: z.array(detectionSchema),
  embeddings: z.array(z.array(z.number()).length(512).nullable()),
});

const countsFit = ({ embeddings, detections }: { embeddings: unknown[]; detections: unknown[] }): boolean =>
  embeddings.length === 0 || embeddings.length === detections.length;
const asMany = { message: 'expected as many embeddings as detections, or none' };

/** The zod schema of an event. Unknown keys, statuses and face absences are allowed: additions are compatible changes. */
export const detectionEventSchema: z.ZodType<DetectionEvent> = eventShape.refine(countsFit, asMany);

/** As this version writes it: no other words. The numbers of embeddings are looked at where they are written. */
const writtenEventSchema = eventShape
  .extend({
    status: z.enum(statuses),
    detections: z.array(
      detectionSchema.extend({ face: z.union([faceSchema, z.enum(faceAbsences)]).optional() }),
    ),
    embeddings: z.array(
      z.custom<unknown>(
        (one) => one === null || ((Array.isArray(one) || one instanceof Float32Array) && one.length === 512),
        'expected 512 numbers or null',
      ),
    ),
  })
  .refine(countsFit, asMany);

/** A face found in a person's box; coordinates normalised to 0..1 of the frame. */
export interface DetectedFace {
  bbox: Xyxy;
  landmarks: FaceLandmarks;
  score: number;
}

/** One person; `bbox` is `[x1, y1, x2, y2]` normalised to 0..1 of the frame. */
export interface EventDetection {
  /** Index of the detection in its frame. */
  track_id: number;
  bbox: Xyxy;
  confidence: number;
  class_id: number;
  /** The face, or the reason why there is none. */
  face?: DetectedFace | FaceAbsence | undefined;
}

/** One frame's event on `trinetra.detections`. `embeddings[i]` belongs to `detections[i]`. */
export interface DetectionEvent {
  schema_version: 1;
  /** Stream entry id; consumers de-duplicate on `camera_id` + `frame_id`. */
  frame_id: string;
  camera_id: string;
  camera_type: string;
  /** Seconds since the epoch. */
  ingest_ts: number;
  worker_ts: number;
  worker_id: string;
  status: EventStatus;
  reasons: string[];
  /** Never compare embeddings of different spaces. Null if nothing is embedded. */
  embedding_space: string | null;
  /** Sorted by confidence, highest first. */
  detections: EventDetection[];
  /** 512 numbers of unit length, or null for a person without a usable face; `[]` if embedding failed. */
  embeddings: (number[] | null)[];
}

/** An event to be written: its lists may be readonly, and its embeddings typed arrays. Each {@link DetectionEvent} is one. */
export interface DetectionEventToWrite
  extends Readonly<Omit<DetectionEvent, 'reasons' | 'detections' | 'embeddings'>> {
  readonly reasons: readonly string[];
  readonly detections: readonly Readonly<EventDetection>[];
  /** As many as there are detections, or none. */
  readonly embeddings: readonly (readonly number[] | Float32Array | null)[];
}

/** JSON Schema (draft 2020-12) of the event, for consumers in other languages. */
export function detectionEventJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(detectionEventSchema) as Record<string, unknown>;
}

/** Why bytes are no event: a tombstone or nothing at all, no JSON, a version that this one does not know, or wrong fields. */
export type DetectionEventProblem = 'empty' | 'not_json' | 'unknown_version' | 'invalid';

export type DetectionEventResult =
  | { readonly ok: true; readonly event: DetectionEvent }
  | { readonly ok: false; readonly problem: DetectionEventProblem; readonly message: string };

const fail = (problem: DetectionEventProblem, message: string): DetectionEventResult => ({
  ok: false,
  problem,
  message,
});

/** The first problem with its path; repeats nothing of the input. */
function messageOf({ issues: [issue] }: z.ZodError): string {
  const path = issue?.path.map(String).join('.') ?? '';
  return `not a detection event: ${path === '' ? '' : `${path}: `}${issue?.message ?? 'invalid'}`;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads and validates one event, such as the value of a Kafka message. Never throws: a bad event is a result. Messages repeat nothing
 * of the input. Keys that this version does not know stay in the event.
 *
 * @example
 * const result = safeParseDetectionEvent(message.value);
 * if (!result.ok) console.warn(result.problem, result.message);
 */
export function safeParseDetectionEvent(value: string | Uint8Array | null | undefined): DetectionEventResult {
  if (value === null || value === undefined || value.length === 0)
    return fail('empty', 'expected an event but received nothing');
  let json: unknown;
  try {
    json = JSON.parse(typeof value === 'string' ? value : utf8.decode(value));
  } catch {
    return fail('not_json', 'expected an event as JSON in UTF-8');
  }
  const parsed = detectionEventSchema.safeParse(json);
  if (parsed.success) return { ok: true, event: parsed.data };
  const version: unknown = (json as { schema_version?: unknown } | null)?.schema_version;
  return typeof version === 'number' && version !== 1
    ? fail('unknown_version', `expected schema_version 1 but received ${version}`)
    : fail('invalid', messageOf(parsed.error));
}

/**
 * Reads and validates one event.
 *
 * @throws {ContractsError} `invalid_event` with what {@link safeParseDetectionEvent} says.
 */
export function parseDetectionEvent(value: string | Uint8Array | null | undefined): DetectionEvent {
  const result = safeParseDetectionEvent(value);
  if (result.ok) return result.event;
  throw new ContractsError('invalid_event', result.message);
}

/** @throws {ContractsError} `invalid_event` where a reader would refuse it, or a word is none of this version. */
export function checkWrittenEvent(event: DetectionEventToWrite): void {
  const parsed = writtenEventSchema.safeParse(event);
  if (!parsed.success) throw new ContractsError('invalid_event', messageOf(parsed.error));
}
