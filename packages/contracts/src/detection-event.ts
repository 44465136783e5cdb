import { z } from 'zod';

/** Why a person has no embedding. */
const faceAbsences = ['no_face', 'too_small', 'failed', 'not_run'] as const;
export type FaceAbsence = (typeof faceAbsences)[number];

const unit = z.number().min(0).max(1);
const point = z.tuple([z.number(), z.number()]);
/** Corners `[x1, y1, x2, y2]`, normalised to 0..1 of the frame. */
const box = z.tuple([unit, unit, unit, unit]);

const faceSchema = z.object({
  bbox: box,
  landmarks: z.tuple([point, point, point, point, point]),
  score: unit,
});

const detectionSchema = z.object({
  track_id: z.int().min(0),
  bbox: box,
  confidence: unit,
  class_id: z.int().min(0),
  face: z.union([faceSchema, z.enum(faceAbsences)]).optional(),
});

/** The zod schema of an event; unknown keys are allowed, because additions are compatible changes. */
export const detectionEventSchema: z.ZodType<DetectionEvent> = z
  .looseObject({
    schema_version: z.literal(1),
    frame_id: z.string().min(1),
    camera_id: z.string().min(1),
    camera_type: z.string(),
    ingest_ts: z.number(),
    worker_ts: z.number(),
    worker_id: z.string(),
    status: z.enum(['ok', 'degraded', 'failed']),
    reasons: z.array(z.string()),
    embedding_space: z.string().nullable(),
    detections: z.array(detectionSchema),
    embeddings: z.array(z.array(z.number()).length(512).nullable()),
  })
  .refine((event) => event.embeddings.length === 0 || event.embeddings.length === event.detections.length, {
    message: 'embeddings: expected as many as detections, or none',
  });

/** A face found in a person's box; coordinates normalised to 0..1 of the frame. */
export interface DetectedFace {
  bbox: [number, number, number, number];
  landmarks: [[number, number], [number, number], [number, number], [number, number], [number, number]];
  score: number;
}

/** One person; `bbox` is `[x1, y1, x2, y2]` normalised to 0..1 of the frame. */
export interface EventDetection {
  /** Index of the detection in its frame. */
  track_id: number;
  bbox: [number, number, number, number];
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
  status: 'ok' | 'degraded' | 'failed';
  reasons: string[];
  /** Never compare embeddings of different spaces. Null if nothing is embedded. */
  embedding_space: string | null;
  /** Sorted by confidence, highest first. */
  detections: EventDetection[];
  /** 512 numbers of unit length, or null for a person without a usable face; `[]` if embedding failed. */
  embeddings: (number[] | null)[];
}

/** JSON Schema (draft 2020-12) of the event, for consumers in other languages. */
export function detectionEventJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(detectionEventSchema) as Record<string, unknown>;
}

/**
 * Reads and validates one event.
 *
 * @throws {z.ZodError} if the event does not fit the schema; {SyntaxError} if it is not JSON.
 */
export function parseDetectionEvent(json: string | Uint8Array): DetectionEvent {
  const text = typeof json === 'string' ? json : Buffer.from(json).toString('utf8');
  return detectionEventSchema.parse(JSON.parse(text));
}
