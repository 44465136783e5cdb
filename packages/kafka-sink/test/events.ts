import type { DetectionEvent } from '@trinetra/contracts';

/** An event of one camera with as many persons as asked, each with an embedding. */
export function detectionEvent(cameraId: string, frame: number, persons = 0): DetectionEvent {
  const embedding = Array.from({ length: 512 }, (_, i) => Math.sin(i + frame) / 16);
  return {
    schema_version: 1,
    frame_id: `${frame}-0`,
    camera_id: cameraId,
    camera_type: 'entrance',
    ingest_ts: 1771840000.123,
    worker_ts: 1771840000.241,
    worker_id: 'worker-1',
    status: 'ok',
    reasons: [],
    embedding_space: 'test',
    detections: Array.from({ length: persons }, (_, i) => ({
      track_id: i,
      bbox: [0.1, 0.2, 0.3, 0.4],
      confidence: 0.9,
      class_id: 0,
    })),
    embeddings: Array.from({ length: persons }, () => embedding),
  };
}
