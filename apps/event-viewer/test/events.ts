import type { DetectionEvent, EventDetection } from '@trinetra/contracts';

/** An event that fits the schema, `changes` made to it. */
export function eventOf(changes: Partial<DetectionEvent> = {}): DetectionEvent {
  return {
    schema_version: 1,
    frame_id: '1771840000100-0',
    camera_id: 'cam_entrance_01',
    camera_type: 'entrance',
    ingest_ts: 1771840000.1,
    worker_ts: 1771840000.218,
    worker_id: 'worker-1',
    status: 'ok',
    reasons: [],
    embedding_space: null,
    detections: [],
    embeddings: [],
    ...changes,
  };
}

/** A person; the box is the left upper quarter unless it is given. */
export function personOf(changes: Partial<EventDetection> = {}): EventDetection {
  return { track_id: 0, bbox: [0, 0, 0.5, 0.5], confidence: 0.91, class_id: 0, face: 'no_face', ...changes };
}

export const face: NonNullable<EventDetection['face']> = {
  bbox: [0.1, 0.1, 0.2, 0.2],
  landmarks: [
    [0.12, 0.12],
    [0.18, 0.12],
    [0.15, 0.15],
    [0.13, 0.18],
    [0.17, 0.18],
  ],
  score: 0.8,
};

export const embedding: number[] = Array<number>(512).fill(0.04419);

export const lineOf = (event: unknown): string => `${JSON.stringify(event)}\n`;
