import { type Sample, sampleOf } from './history.ts';
import type { Buckets, Readings } from './metric.ts';
import { countOf, quantile, subtract } from './quantile.ts';
import type { CameraFigures, EngineFigures, Percentiles, StatusSnapshot } from './snapshot.ts';

const stageOrder = ['queue', 'decode', 'batch_wait', 'detect', 'align', 'embed', 'publish', 'ack'];

/** Outcomes of frames that were given up before the pipeline could count a reason. */
const outcomesWithoutReason = ['trimmed', 'dead_lettered'];

/** What of a snapshot does not come from the metrics. */
export type Frame = Pick<StatusSnapshot, 'atMs' | 'worker' | 'state' | 'pictures'>;

function percentilesOf(now: Buckets | undefined, before: Buckets | undefined): Percentiles {
  if (now === undefined) return { count: 0, p50: null, p95: null, p99: null };
  const seen = subtract(now, before);
  return {
    count: countOf(seen),
    p50: quantile(seen, 0.5),
    p95: quantile(seen, 0.95),
    p99: quantile(seen, 0.99),
  };
}

function dropsOf(readings: Readings, label: 'reason' | 'camera_id'): Map<string, number> {
  const drops = readings.by('trinetra_worker_frames_dropped_total', label);
  for (const { labels, value } of readings.values('trinetra_worker_frames_total')) {
    const outcome = String(labels['outcome'] ?? '');
    if (value === 0 || !outcomesWithoutReason.includes(outcome)) continue;
    const key = label === 'reason' ? outcome : String(labels['camera_id'] ?? '');
    drops.set(key, (drops.get(key) ?? 0) + value);
  }
  return drops;
}

function camerasOf(readings: Readings, now: Sample, before: Sample | undefined): CameraFigures[] {
  const by = (name: string): Map<string, number> => readings.by(name, 'camera_id');
  const persons = by('trinetra_detections_total');
  const inFlight = by('trinetra_worker_frames_in_flight');
  const unread = by('trinetra_worker_frames_unread');
  const oldest = by('trinetra_worker_oldest_unread_age_seconds');
  const dropped = dropsOf(readings, 'camera_id');
  const ids = new Set([...unread.keys(), ...now.processed.keys(), ...dropped.keys()]);
  // A camera has a count of unread frames as long as it has a stream.
  const hasSource = readings.values('trinetra_worker_frames_delivered_total').length > 0;
  const isThere = (id: string): boolean =>
    !hasSource || unread.has(id) || (inFlight.get(id) ?? 0) > 0 || processedSince(id, now, before) > 0;
  const shown = [...ids].filter(isThere).sort();
  return shown.map((id) => ({
    id,
    fps: rate(now.processed.get(id) ?? 0, before?.processed.get(id) ?? 0, now, before),
    processed: now.processed.get(id) ?? 0,
    persons: persons.get(id) ?? 0,
    dropped: dropped.get(id) ?? 0,
    inFlight: inFlight.get(id) ?? 0,
    unread: unread.get(id) ?? 0,
    oldestUnreadAgeSeconds: oldest.get(id) ?? ((unread.get(id) ?? 0) > 0 ? null : 0),
  }));
}

/** A counter that fell has begun anew. */
function processedSince(id: string, now: Sample, before: Sample | undefined): number {
  const [count, then] = [now.processed.get(id) ?? 0, before?.processed.get(id) ?? 0];
  return before === undefined ? 0 : count < then ? count : count - then;
}

function rate(now: number, then: number, sample: Sample, before: Sample | undefined): number | null {
  if (before === undefined || sample.atMs <= before.atMs) return null;
  return (Math.max(0, now - then) * 1000) / (sample.atMs - before.atMs);
}

function enginesOf(readings: Readings): EngineFigures[] {
  const sizes = readings.by('trinetra_effective_batch_size', 'model');
  return readings.values('trinetra_engine_info').map(({ labels }) => {
    const model = String(labels['model'] ?? '');
    return {
      model,
      provider: String(labels['provider'] ?? ''),
      precision: String(labels['precision'] ?? ''),
      sha256: String(labels['file_sha256'] ?? ''),
      runSize: sizes.get(model) ?? null,
    };
  });
}

function gpusOf(readings: Readings): StatusSnapshot['gpus'] {
  const used = readings.by('trinetra_gpu_utilization_pct', 'gpu');
  const memory = readings.by('trinetra_gpu_vram_used_mb', 'gpu');
  return [...new Set([...used.keys(), ...memory.keys()])].map((gpu) => ({
    gpu,
    utilizationPct: used.get(gpu) ?? null,
    vramMb: memory.get(gpu) ?? null,
  }));
}

/** Fallbacks that somebody should know of. That a machine has no GPU for a plain `.onnx` is no fault; the alert says the same. */
function fallbacksOf(readings: Readings): StatusSnapshot['fallbacks'] {
  return readings.values('trinetra_engine_fallback_total').flatMap(({ labels }) => {
    const [model, from, to, reason] = ['model', 'from', 'to', 'reason'].map((name) =>
      String(labels[name] ?? ''),
    );
    const expected = !from?.startsWith('engine') && /^(provider|gpu)_missing$/.test(reason ?? '');
    return expected ? [] : [{ model: model ?? '', to: to ?? '', reason: reason ?? '' }];
  });
}

/** Samples a scrape for the history. */
export function takeSample(readings: Readings, atMs: number): Sample {
  const dropped = [...dropsOf(readings, 'reason').values()].reduce((sum, count) => sum + count, 0);
  return sampleOf(readings, atMs, dropped);
}

/**
 * Makes what the page shows out of one scrape.
 *
 * @param now The sample of the same scrape.
 * @param before An earlier one, for rates and percentiles; undefined before there is one.
 */
export function buildSnapshot(
  readings: Readings,
  now: Sample,
  before: Sample | undefined,
  frame: Frame,
): StatusSnapshot {
  const cameras = camerasOf(readings, now, before);
  const processed = readings.sum('trinetra_worker_frames_processed_total');
  const processedNow = [...now.processed.keys()].reduce(
    (sum, id) => sum + processedSince(id, now, before),
    0,
  );
  const fill = now.batchFill === undefined ? undefined : subtract(now.batchFill, before?.batchFill);
  const batches = fill === undefined ? 0 : countOf(fill);
  return {
    ...frame,
    windowSeconds: before === undefined ? 0 : (now.atMs - before.atMs) / 1000,
    totals: {
      fps: rate(processedNow, 0, now, before),
      processed,
      persons: readings.sum('trinetra_detections_total'),
      delivered: readings.sum('trinetra_worker_frames_delivered_total'),
      inFlight: readings.sum('trinetra_worker_frames_in_flight'),
      dropped: now.dropped,
      droppedPerSecond: rate(now.dropped, before?.dropped ?? 0, now, before),
      unread: readings.sum('trinetra_worker_frames_unread'),
      oldestUnreadAgeSeconds: Math.max(0, ...cameras.map((camera) => camera.oldestUnreadAgeSeconds ?? 0)),
      eventsWaiting: readings.sum('trinetra_worker_events_waiting'),
      publishErrors: readings.sum('trinetra_kafka_publish_errors_total'),
    },
    endToEnd: percentilesOf(now.endToEnd, before?.endToEnd),
    stages: stageOrder.map((stage) => ({
      stage,
      ...percentilesOf(now.stages.get(stage), before?.stages.get(stage)),
    })),
    batchFill: { mean: fill === undefined || batches === 0 ? null : fill.sum / batches, batches },
    engines: enginesOf(readings),
    fallbacks: fallbacksOf(readings),
    drops: [...dropsOf(readings, 'reason')]
      .filter(([, count]) => count > 0)
      .map(([reason, count]) => ({ reason, count }))
      .sort((a, b) => b.count - a.count),
    gpus: gpusOf(readings),
    cameras,
  };
}
