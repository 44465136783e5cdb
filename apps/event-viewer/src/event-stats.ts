import type { DetectionEvent } from '@trinetra/contracts';
import { createFrameOrder, type FrameOrder } from './frame-order.ts';
import { createLatencyHistogram } from './latency-histogram.ts';
import { cameraOf, countsOf, latencyMsOf } from './received-event.ts';
import { createSeenFrames } from './seen-frames.ts';

/** Cameras with their own row; the others share `_other`. */
const maxCameras = 1000;
/** Frames to remember for duplicates. */
const rememberedFrames = 65_536;

/** Counts of a camera or of all. */
export interface StatsRow {
  readonly events: number;
  /** Between the first and the last `worker_ts`; null if they are the same. */
  readonly events_per_second: number | null;
  readonly persons: number;
  readonly faces: number;
  readonly embeddings: number;
  /** From `ingest_ts` to `worker_ts`, within 0.5 %; null before the first event. */
  readonly latency_ms: {
    readonly p50: number | null;
    readonly p95: number | null;
    readonly p99: number | null;
  };
  readonly degraded: number;
  readonly failed: number;
  /** Duplicates by `camera_id` and `frame_id`. In this row they count only here and in `events`. */
  readonly duplicates: number;
  /** Events whose frame is older than an earlier one of the same worker. */
  readonly order_violations: number;
}

export interface StatsReport {
  readonly cameras: Readonly<Record<string, StatsRow>>;
  readonly total: StatsRow;
}

/** Statistics of the events so far, in bounded memory. */
export interface EventStats {
  add(event: DetectionEvent): void;
  /** Cameras by name. */
  report(): StatsReport;
}

function createTally() {
  const counts = {
    events: 0,
    persons: 0,
    faces: 0,
    embeddings: 0,
    degraded: 0,
    failed: 0,
    duplicates: 0,
    order_violations: 0,
  };
  return { counts, latency: createLatencyHistogram(), firstTs: Infinity, lastTs: -Infinity };
}

type Tally = ReturnType<typeof createTally>;

function addTo(tally: Tally, event: DetectionEvent, kind: 'new' | 'duplicate' | 'late'): void {
  const { counts, latency } = tally;
  counts.events += 1;
  tally.firstTs = Math.min(tally.firstTs, event.worker_ts);
  tally.lastTs = Math.max(tally.lastTs, event.worker_ts);
  if (kind === 'duplicate') {
    counts.duplicates += 1;
    return;
  }
  const { persons, faces, embeddings } = countsOf(event);
  counts.persons += persons;
  counts.faces += faces;
  counts.embeddings += embeddings;
  if (event.status === 'degraded') counts.degraded += 1;
  if (event.status === 'failed') counts.failed += 1;
  if (kind === 'late') counts.order_violations += 1;
  const latencyMs = latencyMsOf(event);
  if (latencyMs !== undefined) latency.add(latencyMs);
}

function rowOf({ counts, latency, firstTs, lastTs }: Tally): StatsRow {
  const { events, persons, faces, embeddings, ...rest } = counts;
  const seconds = lastTs - firstTs;
  return {
    events,
    events_per_second: seconds > 0 ? (events - 1) / seconds : null,
    persons,
    faces,
    embeddings,
    latency_ms: {
      p50: latency.percentile(0.5),
      p95: latency.percentile(0.95),
      p99: latency.percentile(0.99),
    },
    ...rest,
  };
}

export function createEventStats(): EventStats {
  const seen = createSeenFrames(rememberedFrames);
  const total = createTally();
  const cameras = new Map<string, { readonly tally: Tally; readonly order: FrameOrder }>();
  return {
    add(event) {
      const name = cameraOf(event);
      const label = cameras.has(name) || cameras.size < maxCameras ? name : '_other';
      const camera = cameras.get(label) ?? { tally: createTally(), order: createFrameOrder() };
      cameras.set(label, camera);
      const again = seen.check(event.camera_id, event.frame_id);
      // Rows that several cameras share have no order.
      const late = !again && cameras.has(name) && camera.order.check(event.worker_id, event.frame_id);
      const kind = again ? 'duplicate' : late && name !== '_invalid' ? 'late' : 'new';
      addTo(camera.tally, event, kind);
      addTo(total, event, kind);
    },
    report: () => ({
      cameras: Object.fromEntries(
        [...cameras].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, { tally }]) => [name, rowOf(tally)]),
      ),
      total: rowOf(total),
    }),
  };
}
