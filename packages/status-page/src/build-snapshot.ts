import { type CountName, increase } from './camera-counts.ts';
import { type CameraMemory, figuresOfCameras } from './camera-figures.ts';
import type { Surroundings } from './camera-state.ts';
import type { Buckets, Readings } from './metric.ts';
import { findProblems } from './problems.ts';
import { countOf, quantile, subtract } from './quantile.ts';
import type { EngineFigures, Percentiles, StatusSnapshot, WorkerState } from './snapshot.ts';
import { troubleshooting } from './troubleshooting.ts';
import type { Sample } from './window.ts';

const stageOrder = ['queue', 'decode', 'batch_wait', 'detect', 'align', 'embed', 'publish', 'ack'];

/** The parts of a snapshot that do not come from the metrics. */
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

/** Of all cameras, also of those that are gone. */
const total = ({ cameras }: Sample, name: CountName): number =>
  [...cameras.values()].reduce((sum, camera) => sum + camera[name], 0);

function sumKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}

/** Drops of the window. */
function newDrops(now: Sample, before: Sample | undefined): { reason: string; count: number }[] {
  if (before === undefined) return [];
  return [...now.drops].map(([reason, count]) => ({
    reason,
    count: increase(count, before.drops.get(reason) ?? 0),
  }));
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

/** Fallbacks to report. A machine without a GPU for a plain `.onnx` is no fault; the alert agrees. */
function fallbacksOf(readings: Readings): StatusSnapshot['fallbacks'] {
  return readings.values('trinetra_engine_fallback_total').flatMap(({ labels }) => {
    const [model, from, to, reason] = ['model', 'from', 'to', 'reason'].map((name) =>
      String(labels[name] ?? ''),
    );
    const expected = !from?.startsWith('engine') && /^(provider|gpu)_missing$/.test(reason ?? '');
    return expected ? [] : [{ model: model ?? '', to: to ?? '', reason: reason ?? '' }];
  });
}

/** The parts that cameras depend on. An unreported part counts as ok, except Redis. */
function surroundingsOf({ parts }: WorkerState): Surroundings {
  const sink = parts.find(({ kind }) => kind === 'sink');
  const some = (sink?.partitions ?? []).length > 0;
  return {
    redisOk: parts.some(({ kind, ok }) => kind === 'redis' && ok),
    sinkOk: sink === undefined || sink.ok ? true : some ? 'some' : false,
  };
}

/**
 * Builds the page's data from one scrape.
 *
 * @param now The sample of the same scrape.
 * @param before An earlier one, for rates and percentiles; undefined before there is one.
 */
export function buildSnapshot(
  readings: Readings,
  now: Sample,
  before: Sample | undefined,
  memory: CameraMemory,
  frame: Frame,
): StatusSnapshot {
  const surroundings = surroundingsOf(frame.state);
  const cameras = figuresOfCameras(now, before, memory, surroundings);
  const seconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1000;
  const grown = (name: CountName): number =>
    before === undefined ? 0 : Math.max(0, total(now, name) - total(before, name));
  const rate = (frames: number): number | null => (seconds > 0 ? frames / seconds : null);
  const drops = newDrops(now, before);
  const fill = now.batchFill === undefined ? undefined : subtract(now.batchFill, before?.batchFill);
  const batches = fill === undefined ? 0 : countOf(fill);
  const stages = stageOrder.map((stage) => ({
    stage,
    ...percentilesOf(now.stages.get(stage), before?.stages.get(stage)),
  }));
  const ages = cameras.map((camera) => camera.oldestUnreadAgeSeconds).filter((age) => age !== null);
  const eventsWaiting = readings.sum('trinetra_worker_events_waiting');
  const [engines, fallbacks] = [enginesOf(readings), fallbacksOf(readings)];
  return {
    ...frame,
    problems: findProblems({
      state: frame.state,
      windowSeconds: seconds,
      cameras,
      eventsWaiting,
      evicted: grown('evicted') + (drops.find(({ reason }) => reason === 'trimmed')?.count ?? 0),
      drops,
      engines,
      fallbacks,
      slowest: slowestOf(stages),
    }),
    lostHelp: troubleshooting.lost,
    sinkName: frame.state.parts.find(({ kind }) => kind === 'sink')?.name ?? 'the sink',
    windowSeconds: seconds,
    totals: {
      arrivingFps: sumKnown(cameras.map(({ arrivingFps }) => arrivingFps)),
      inferredFps: rate(grown('inferred')),
      fps: rate(grown('published')),
      processed: total(now, 'published'),
      persons: total(now, 'persons'),
      delivered: total(now, 'delivered'),
      inFlight: total(now, 'inFlight'),
      dropped: [...now.drops.values()].reduce((sum, count) => sum + count, 0),
      evicted: total(now, 'evicted'),
      droppedPerSecond: rate(drops.reduce((sum, { count }) => sum + count, 0)),
      unread: surroundings.redisOk ? (sumKnown(cameras.map(({ unread }) => unread)) ?? 0) : null,
      oldestUnreadAgeSeconds: surroundings.redisOk ? Math.max(0, ...ages) : null,
      eventsWaiting,
      publishErrors: readings.sum('trinetra_kafka_publish_errors_total'),
    },
    endToEnd: percentilesOf(now.endToEnd, before?.endToEnd),
    stages,
    batchFill: { mean: fill === undefined || batches === 0 ? null : fill.sum / batches, batches },
    engines,
    fallbacks,
    drops: [...now.drops]
      .filter(([, count]) => count > 0)
      .map(([reason, count]) => ({ reason, count }))
      .sort((a, b) => b.count - a.count),
    gpus: gpusOf(readings),
    cameras,
  };
}

/** Of the stages that a worker spends its time in; frames queue for all of them. */
function slowestOf(
  stages: readonly (Percentiles & { readonly stage: string })[],
): { stage: string; seconds: number } | undefined {
  const [first] = stages
    .filter(({ stage }) => stage !== 'queue' && stage !== 'batch_wait')
    .toSorted((a, b) => (b.p95 ?? 0) - (a.p95 ?? 0));
  return first === undefined || first.p95 === null ? undefined : { stage: first.stage, seconds: first.p95 };
}
