import { expect, it } from 'vitest';
import { parseWorkerCounters } from './worker-counters.ts';

it('reads what the worker says about each camera', () => {
  const counters = parseWorkerCounters(`# HELP trinetra_worker_frames_dropped_total Frames that were given up
# TYPE trinetra_worker_frames_dropped_total counter
trinetra_worker_frames_dropped_total{camera_id="cam_1",reason="flat"} 3
trinetra_worker_frames_dropped_total{camera_id="cam_1",reason="corrupt"} 0
trinetra_worker_frames_dropped_total{camera_id="cam_2",reason="say \\"no\\", {twice}"} 1
trinetra_worker_frames_total{camera_id="cam_1",outcome="published"} 40
trinetra_worker_frames_total{camera_id="cam_1",outcome="skipped"} 3
trinetra_worker_frames_total{camera_id="cam_1",outcome="dead_lettered"} 2
trinetra_worker_frames_delivered_total{camera_id="cam_1"} 45
trinetra_worker_frames_unread{camera_id="cam_1"} 5
process_cpu_seconds_total 1.5
`);
  expect(counters.dropped).toEqual(
    new Map([
      [
        'cam_1',
        new Map([
          ['flat', 3],
          ['dead_lettered', 2],
        ]),
      ],
      ['cam_2', new Map([['say "no", {twice}', 1]])],
    ]),
  );
  expect(counters.delivered).toEqual(new Map([['cam_1', 45]]));
  expect(counters.unread).toEqual(new Map([['cam_1', 5]]));
});

it('counts a frame once where its outcome is a reason too', () => {
  const { dropped } = parseWorkerCounters(`trinetra_worker_frames_total{camera_id="a",outcome="trimmed"} 4
trinetra_worker_frames_dropped_total{camera_id="a",reason="trimmed"} 4
`);
  expect(dropped.get('a')).toEqual(new Map([['trimmed', 4]]));
});
