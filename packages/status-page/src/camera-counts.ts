import type { Readings } from './metric.ts';

/** Outcomes of frames that were given up before the pipeline could count a reason. */
const outcomesWithoutReason = ['trimmed', 'dead_lettered'];

const nothing = {
  /** Frames that Redis delivered to this worker. */
  delivered: 0,
  /** Frames that went through the models. */
  inferred: 0,
  /** Frames whose events were published. */
  published: 0,
  persons: 0,
  /** Frames given up, for any reason. */
  dropped: 0,
  /** Those of them whose events were given up after inference. */
  publishDropped: 0,
  /** Frames that Redis trimmed before any worker read them. */
  evicted: 0,
  /** Frames with an outcome, and those of them that could not be read, or were too old. */
  ended: 0,
  corrupt: 0,
  stale: 0,
  inFlight: 0,
};

/** Names of the counts that every camera has. */
export type CountName = keyof typeof nothing;

/** Counts of a camera in one scrape, since the start of the worker. */
export type CameraCounts = typeof nothing & {
  /** Undefined if the camera has no stream. */
  unread?: number;
  /** Undefined if nothing tells it. */
  oldestUnreadAgeSeconds?: number;
};

/** Reads one scrape by camera. */
export function countCameras(readings: Readings): ReadonlyMap<string, CameraCounts> {
  const cameras = new Map<string, CameraCounts>();
  const each = (
    metric: string,
    note: (camera: CameraCounts, value: number, label: (name: string) => string) => void,
  ): void => {
    for (const { labels, value } of readings.values(metric)) {
      const id = String(labels['camera_id'] ?? '');
      const camera: CameraCounts = cameras.get(id) ?? { ...nothing };
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
