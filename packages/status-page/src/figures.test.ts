import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Figures } from './figures.ts';
import type { Metric } from './metric.ts';
import { parsePageOptions } from './options.ts';
import type { StatusSnapshot } from './snapshot.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Figures over counters that the test sets. */
function startFigures() {
  const counts = { delivered: 0, inferred: 0, published: 0, unread: 0, dropped: 0, evicted: 0 };
  let reads = 0;
  let redisOk = true;
  const metrics = async (): Promise<Metric[]> => {
    reads += 1;
    const metric = (name: string, value: number, labels = {}): Metric => ({
      name,
      values: [{ labels: { camera_id: 'a', ...labels }, value }],
    });
    return [
      metric('trinetra_worker_frames_delivered_total', counts.delivered),
      metric('trinetra_worker_frames_inferred_total', counts.inferred),
      metric('trinetra_worker_frames_processed_total', counts.published),
      metric('trinetra_worker_frames_unread', counts.unread),
      metric('trinetra_worker_frames_dropped_total', counts.dropped, { reason: 'corrupt' }),
      metric('trinetra_worker_frames_evicted_total', counts.evicted),
    ];
  };
  const state = async () => ({
    ready: true,
    parts: [{ kind: 'redis' as const, name: 'Redis', ok: redisOk }],
  });
  const options = { workerId: 'w', version: '1', metrics, state };
  const sent: StatusSnapshot[] = [];
  const figures = new Figures(
    options,
    parsePageOptions(options).settings,
    (snapshot) => sent.push(snapshot),
    (error) => {
      throw error;
    },
  );
  figures.watched(false);
  return {
    figures,
    counts,
    sent,
    reads: () => reads,
    setRedis: (ok: boolean) => {
      redisOk = ok;
    },
  };
}

it('reads the metrics once in ten seconds while nobody looks, once a second while somebody does, and not once it is closed', async () => {
  const { figures, reads } = startFigures();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reads()).toBe(6);
  figures.watched(true);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(reads()).toBe(6 + 11);
  figures.watched(false);
  await vi.advanceTimersByTimeAsync(9000);
  expect(reads()).toBe(17);
  figures.stop();
  figures.watched(false); // its viewers close after it
  await vi.advanceTimersByTimeAsync(60_000);
  expect(reads()).toBe(17);
});

it('keeps a point of every ten seconds, watched or not: rates, the percentile, and what is not known as null', async () => {
  const { figures, counts, setRedis } = startFigures();
  await vi.advanceTimersByTimeAsync(10_000);
  counts.delivered += 40;
  counts.unread = 10;
  counts.inferred += 40;
  counts.published += 30;
  counts.dropped += 5;
  counts.evicted += 5;
  for (let index = 0; index < 30; index += 1) figures.published('a', 2);
  await vi.advanceTimersByTimeAsync(10_000);
  figures.watched(true);
  setRedis(false);
  await vi.advanceTimersByTimeAsync(11_000);
  const hour = figures.history('a');
  expect(hour.atMs).toHaveLength(2);
  expect(hour.points.arrivingFps).toEqual([5.5, null]);
  expect(hour.points.publishedFps).toEqual([3, 0]);
  expect(hour.points.unread).toEqual([10, null]);
  expect(hour.points.droppedPerSecond).toEqual([1, 0]);
  expect(hour.points.p95Seconds[0]).toBeGreaterThan(1.8);
  expect(hour.points.p95Seconds[0]).toBeLessThan(2.2);
  expect(hour.points.p95Seconds[1]).toBeNull();
  expect(figures.history().points.publishedFps).toEqual([3, 0]);
  expect(figures.history('b').atMs).toEqual([]);
});

it('calls a camera silent 15 s after its last frame, whether or not somebody looked meanwhile', async () => {
  const { figures, counts, sent } = startFigures();
  await vi.advanceTimersByTimeAsync(10_000);
  counts.delivered = 50;
  counts.published = 50;
  await vi.advanceTimersByTimeAsync(40_000);
  figures.watched(true);
  await vi.advanceTimersByTimeAsync(0);
  expect(sent.at(-1)?.cameras).toMatchObject([{ id: 'a', state: 'silent', quietSeconds: 30 }]);
  counts.delivered = 51;
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent.at(-1)?.cameras).toMatchObject([{ state: 'live', quietSeconds: 0 }]);
});
