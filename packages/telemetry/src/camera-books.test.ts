import { type CameraStats, type FrameOutcome, frameOutcomes, type SourceStats } from '@trinetra/contracts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BoundedLabels, otherLabel } from './bounded-labels.ts';
import { CameraBooks, type LabelSum } from './camera-books.ts';
import { createTelemetry } from './telemetry.ts';

const noOutcomes = Object.fromEntries(frameOutcomes.map((outcome) => [outcome, 0])) as Record<
  FrameOutcome,
  number
>;

function cameraOf(published: number, values: Partial<CameraStats> = {}): CameraStats {
  const inFlight = values.inFlight ?? 0;
  const outcomes = { ...noOutcomes, published };
  const still = { unread: 0, oldestUnreadAgeSeconds: 0, streamLength: 0, evicted: 0, gone: false };
  return { ...still, ...values, delivered: published + inFlight, inFlight, outcomes };
}

const statsOf = (cameras: Iterable<[string, CameraStats]>): SourceStats => ({
  cameras: new Map(cameras),
  inFlight: 0,
  reclaimed: 0,
  unreadGroups: new Map(),
});

const valuesOf = (text: string, name: string): Map<string, number> =>
  new Map(
    [...text.matchAll(new RegExp(`^${name}\\{camera_id="(.*?)".*\\} (\\S+)$`, 'gm'))].map(
      ([, camera = '', value]) => [camera, Number(value)],
    ),
  );

it('gives 1600 cameras that come and go labels of their own one after another, and those that come later too', async () => {
  await using telemetry = createTelemetry({ workerId: 'w', version: '1', processMetrics: false });
  let cameras: [string, CameraStats][] = [];
  telemetry.setSourceStats(() => statsOf(cameras));
  for (let at = 0; at < 1600; at += 50) {
    const names = Array.from({ length: 50 }, (_, index) => `short_${at + index}`);
    for (const name of names) {
      telemetry.frameInferred(name);
      telemetry.frameProcessed(name);
      telemetry.detections(name, 1);
      telemetry.frameDropped(name, 'stale');
    }
    cameras = [...cameras.map(([name]): [string, CameraStats] => [name, cameraOf(1, { gone: true })])];
    cameras.push(...names.map((name): [string, CameraStats] => [name, cameraOf(1, { unread: 1 })]));
    cameras = cameras.slice(-1050); // as a source forgets those that have long been gone
    await telemetry.registry.metrics();
  }
  cameras.push(['late', cameraOf(3, { unread: 2 })]);
  telemetry.frameProcessed('late');
  const text = await telemetry.registry.metrics();
  for (const name of ['processed_total', 'delivered_total', 'unread'])
    expect(valuesOf(text, `trinetra_worker_frames_${name}`).get('late'), name).toBeGreaterThan(0);
  expect(text).not.toContain(otherLabel);
  expect(valuesOf(text, 'trinetra_worker_frames_unread').size).toBe(51);
  for (const name of [
    'worker_frames_inferred_total',
    'worker_frames_processed_total',
    'detections_total',
    'worker_frames_dropped_total',
  ]) {
    const series = valuesOf(text, `trinetra_${name}`);
    expect(series.size, name).toBeLessThanOrEqual(1000);
    expect(series.has('short_0'), name).toBe(false);
    expect(series.has('short_1599'), name).toBe(true);
  }
  expect(text).toMatch(/^trinetra_worker_cameras_forgotten_total 601$/m);
});

it('has no gauges of a stream that is gone, and its counters until the label is needed', () => {
  const books = new CameraBooks(new BoundedLabels(1));
  books.fold(statsOf([['a', cameraOf(5, { unread: 9, oldestUnreadAgeSeconds: 90 })]]));
  const gone = books.fold(statsOf([['a', cameraOf(5, { gone: true, inFlight: 2 })]]));
  expect(gone.get('a')).toMatchObject({ delivered: 7, inFlight: 2, stream: undefined });
  const before = books.fold(
    statsOf([
      ['a', cameraOf(5, { gone: true, inFlight: 2 })],
      ['b', cameraOf(1)],
    ]),
  );
  expect([...before.keys()]).toEqual(['a', otherLabel]); // it has leases yet
  const after = books.fold(
    statsOf([
      ['a', cameraOf(7, { gone: true })],
      ['b', cameraOf(4)],
    ]),
  );
  expect([...after.keys()].sort()).toEqual([otherLabel, 'b']);
  expect([after.get(otherLabel)?.delivered, after.get('b')?.delivered]).toEqual([4, 0]);
  const later = books.fold(
    statsOf([
      ['a', cameraOf(7, { gone: true })],
      ['b', cameraOf(6)],
    ]),
  );
  expect([later.get(otherLabel)?.delivered, later.get('b')?.delivered]).toEqual([4, 2]);
});

it('keeps every label balanced, and lets no counter fall while its series lasts, whatever comes and goes', () => {
  const step = fc.array(
    fc.record({
      camera: fc.nat(5),
      published: fc.nat(3),
      inFlight: fc.nat(1),
      gone: fc.boolean(),
      absent: fc.boolean(),
    }),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const forgotten = new Set<string>();
      const books = new CameraBooks(new BoundedLabels(2, undefined, (camera) => forgotten.add(camera)));
      const cameras = new Map<string, { published: number; inFlight: number; gone: boolean }>();
      let before = new Map<string, LabelSum>();
      for (const changes of steps) {
        // A source keeps a camera that is gone for long enough to be seen so.
        const seen = new Map(cameras);
        for (const { camera, published, inFlight, gone, absent } of changes) {
          const name = `cam_${camera}`;
          const known = cameras.get(name);
          const then = seen.get(name);
          if (absent && known === then && then?.gone === true && then.inFlight === 0) cameras.delete(name);
          else
            cameras.set(name, {
              published: (known?.published ?? 0) + (known?.inFlight ?? 0) + published,
              inFlight,
              gone,
            });
        }
        forgotten.clear();
        const sums = books.fold(
          statsOf([...cameras].map(([name, { published, ...rest }]) => [name, cameraOf(published, rest)])),
        );
        expect([...sums.keys()].filter((label) => label !== otherLabel).length).toBeLessThanOrEqual(2);
        for (const [label, { delivered, outcomes, inFlight }] of sums) {
          expect(delivered).toBe(outcomes.reduce((sum, count) => sum + count, inFlight));
          const earlier = before.get(label);
          if (earlier === undefined || forgotten.has(label)) continue;
          for (const [at, count] of outcomes.entries())
            expect(count).toBeGreaterThanOrEqual(earlier.outcomes[at] ?? 0);
        }
        const other = before.get(otherLabel)?.delivered ?? 0;
        expect(sums.get(otherLabel)?.delivered ?? 0).toBeGreaterThanOrEqual(other);
        before = sums;
      }
    }),
    { numRuns: 300 },
  );
});
