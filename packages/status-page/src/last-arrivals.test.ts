import { expect, it } from 'vitest';
import { countCameras } from './camera-counts.ts';
import { LastArrivals } from './last-arrivals.ts';
import { Readings } from './metric.ts';

const counts = (delivered: number, unread = 0) =>
  countCameras(
    new Readings([
      {
        name: 'trinetra_worker_frames_delivered_total',
        values: [{ labels: { camera_id: 'a' }, value: delivered }],
      },
      { name: 'trinetra_worker_frames_unread', values: [{ labels: { camera_id: 'a' }, value: unread }] },
    ]),
  );

it('counts the time since the last frame, and how far apart frames usually are', () => {
  const arrivals = new LastArrivals();
  arrivals.note(counts(10), 0, true);
  arrivals.note(counts(30), 10_000, true);
  arrivals.note(counts(30), 40_000, true);
  expect(arrivals.quietSeconds('a', 40_000)).toBe(30);
  expect(arrivals.usualGapSeconds('a')).toBe(0.5);
  expect(arrivals.quietSeconds('b', 40_000)).toBe(0);
});

it('counts no silence while frames wait, nor while Redis does not answer', () => {
  const arrivals = new LastArrivals();
  arrivals.note(counts(10), 0, true);
  arrivals.note(counts(10, 5), 60_000, true);
  expect(arrivals.quietSeconds('a', 61_000)).toBe(1);
  arrivals.note(counts(10), 120_000, false);
  expect(arrivals.quietSeconds('a', 125_000)).toBe(5);
});

it('begins anew with a camera whose counters did', () => {
  const arrivals = new LastArrivals();
  arrivals.note(counts(10), 0, true);
  arrivals.note(counts(2), 50_000, true);
  expect(arrivals.quietSeconds('a', 51_000)).toBe(1);
  expect(arrivals.usualGapSeconds('a')).toBe(0);
});
