import type { Readings } from './metric.ts';

/** Counts of a camera in one scrape, since the start of the worker. */
export interface CameraCounts {
  /** Frames that Redis delivered to this worker. */
  delivered: number;
  /** Frames that went through the models. */
  inferred: number;
  /** Frames whose events were published. */
  published: number;
  persons: number;
  /** Frames given up, for any reason. */
  dropped: number;
  /** Those of them whose events were given up after inference. */
  publishDropped: number;
  /** Frames that Redis trimmed before any worker read them. */
  evicted: number;
  /** Frames with an outcome, and those of them that could not be read, or were too old. */
  ended: number;
  corrupt: number;
  stale: number;
  inFlight: number;
  /** Undefined if the camera has no stream. */
  unread: number | undefined;
  /** Undefined if nothing tells it. */
  oldestUnreadAgeSeconds: number | undefined;
}

/** Outcomes of frames that were given up before the pipeline could count a reason. */
const outcomesWithoutReason = ['trimmed', 'dead_lettered'];

const nothing = (): CameraCounts => ({
  delivered: 0,
  inferred: 0,
  published: 0,
  persons: 0,
  dropped: 0,
  publishDropped: 0,
  evicted: 0,
  ended: 0,
  corrupt: 0,
  stale: 0,
  inFlight: 0,
  unread: undefined,
  oldestUnreadAgeSeconds: undefined,
});

/** Reads one scrape by camera. */
export function countCameras(readings: Readings): ReadonlyMap<string, CameraCounts> {
  const cameras = new Map<string, CameraCounts>();
  const each = (
    metric: string,
    note: (camera: CameraCounts, value: number, label: (name: string) => string) => void,
  ): void => {
    for (const { labels, value } of readings.values(metric)) {
      const id = String(labels['camera_id'] ?? '');
      const camera = cameras.get(id) ?? nothing();
      cameras.set(id, camera);
      note(camera, value, (name) => String(labels[name] ?? ''));
    }
  };
  const plain = {
    trinetra_worker_frames_delivered_total: 'delivered',
    trinetra_worker_frames_inferred_total: 'inferred',
    trinetra_worker_frames_processed_total: 'published',
    trinetra_detections_total: 'persons',
    trinetra_worker_frames_evicted_total: 'evicted',
    trinetra_worker_frames_in_flight: 'inFlight',
    trinetra_worker_frames_unread: 'unread',
    trinetra_worker_oldest_unread_age_seconds: 'oldestUnreadAgeSeconds',
  } as const;
  for (const [metric, name] of Object.entries(plain)) {
    each(metric, (camera, value) => {
      camera[name] = value;
    });
  }
  each('trinetra_worker_frames_dropped_total', (camera, value, label) => {
    camera.dropped += value;
    if (label('reason').startsWith('publish_')) camera.publishDropped += value;
  });
  each('trinetra_worker_frames_total', (camera, value, label) => {
    const outcome = label('outcome');
    camera.ended += value;
    if (outcome === 'corrupt') camera.corrupt += value;
    if (outcome === 'stale') camera.stale += value;
    if (outcomesWithoutReason.includes(outcome)) camera.dropped += value;
  });
  return cameras;
}

/** Frames that were given up, by reason. */
export function countDrops(readings: Readings): Map<string, number> {
  const drops = readings.by('trinetra_worker_frames_dropped_total', 'reason');
  for (const { labels, value } of readings.values('trinetra_worker_frames_total')) {
    const outcome = String(labels['outcome'] ?? '');
    if (value > 0 && outcomesWithoutReason.includes(outcome)) {
      drops.set(outcome, (drops.get(outcome) ?? 0) + value);
    }
  }
  return drops;
}

/** Growth of a counter; one that fell has restarted. */
export function increase(now: number, before: number): number {
  return now < before ? now : now - before;
}
