import { frameOutcomes, isCameraId, type SourceStats } from '@trinetra/contracts';
import type { Counter, Gauge } from 'prom-client';
import { BoundedLabels } from './bounded-labels.ts';
import type { CameraBooks } from './camera-books.ts';
import type { MetricFactory } from './metric-factory.ts';

/** Groups that nobody reads and that have a label of their own; the others share one. */
const maxGroupLabels = 16;

/**
 * Registers the metrics that are read from the source when somebody scrapes.
 *
 * All of them come from one call of the source per scrape, so that the ledger balances in every scrape:
 * prom-client calls the collect functions of a scrape in one synchronous run, and the snapshot taken by
 * the first of them holds until that run is over.
 *
 * @param read The source's statistics; undefined while there is no source.
 * @param onError Told when `read` throws; the source's metrics are then absent from that scrape.
 */
export function registerSourceMetrics(
  factory: MetricFactory,
  books: CameraBooks,
  read: () => SourceStats | undefined,
  onError: (error: unknown) => void,
): void {
  let fresh = false;
  const refresh = (): void => {
    if (fresh) return;
    fresh = true;
    queueMicrotask(() => {
      fresh = false;
    });
    for (const metric of all) metric.reset();
    try {
      const stats = read();
      if (stats !== undefined) write(stats);
    } catch (error) {
      for (const metric of all) metric.reset();
      onError(error);
    }
  };
  const counterOfCamera = (name: string, help: string): Counter<'camera_id'> =>
    factory.counter(name, help, ['camera_id'], refresh);
  const gaugeOfCamera = (name: string, help: string): Gauge<'camera_id'> =>
    factory.gauge(name, help, ['camera_id'], refresh);
  const outcomes = factory.counter(
    'trinetra_worker_frames_total',
    'Frames delivered to this worker that ended, by outcome; with the frames in flight they add up to the delivered ones',
    ['camera_id', 'outcome'],
    refresh,
  );
  const delivered = counterOfCamera(
    'trinetra_worker_frames_delivered_total',
    'Frames that Redis delivered to this worker, repeated deliveries included',
  );
  const inFlight = gaugeOfCamera(
    'trinetra_worker_frames_in_flight',
    'Frames delivered to this worker that have no outcome yet',
  );
  const unread = gaugeOfCamera(
    'trinetra_worker_frames_unread',
    'Frames in the stream that the consumer group has not read yet (own count, right after trimming too)',
  );
  const oldest = gaugeOfCamera(
    'trinetra_worker_oldest_unread_age_seconds',
    'Age of the oldest unread frame, seconds; 0 where there is none, absent where neither its id nor its ingest_ts is a time',
  );
  const length = gaugeOfCamera(
    'trinetra_redis_stream_length',
    'Entries in the stream (XLEN), those already read included',
  );
  const evicted = counterOfCamera(
    'trinetra_worker_frames_evicted_total',
    'Frames that trimming took from the stream before any worker read them',
  );
  const reclaimed = factory.counter(
    'trinetra_worker_frames_reclaimed_total',
    'Frames taken over from consumers that left them pending',
    [],
    refresh,
  );
  const unreadGroups = factory.gauge(
    'trinetra_redis_unread_group_streams',
    'Streams in which frames are kept for another consumer group that nobody reads; absent where there is none',
    ['group'],
    refresh,
  );
  const all = [outcomes, delivered, inFlight, unread, oldest, length, evicted, reclaimed, unreadGroups];
  // Whoever may write to Redis chooses the names of groups, and may make as many as they like.
  const groups = new BoundedLabels(maxGroupLabels, isCameraId);

  const write = (stats: SourceStats): void => {
    for (const [label, sum] of books.fold(stats)) {
      const labels = { camera_id: label };
      for (const [at, outcome] of frameOutcomes.entries())
        outcomes.inc({ camera_id: label, outcome }, sum.outcomes[at] ?? 0);
      delivered.inc(labels, sum.delivered);
      inFlight.set(labels, sum.inFlight);
      evicted.inc(labels, sum.evicted);
      if (sum.stream === undefined) continue;
      unread.set(labels, sum.stream.unread);
      const { oldestUnreadAgeSeconds: age } = sum.stream;
      if (age !== null) oldest.set(labels, age);
      length.set(labels, sum.stream.length);
    }
    reclaimed.inc(stats.reclaimed);
    for (const group of groups.values()) if (!stats.unreadGroups.has(group)) groups.forget(group);
    for (const [group, streams] of stats.unreadGroups) unreadGroups.inc({ group: groups.of(group) }, streams);
  };
}
