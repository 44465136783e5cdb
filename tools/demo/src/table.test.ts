import { expect, it } from 'vitest';
import { type CameraCounts, summarise } from './summary.ts';
import { formatTable } from './table.ts';

const none: CameraCounts = {
  framesIn: 0,
  eventsOut: 0,
  persons: 0,
  faces: 0,
  embeddings: 0,
  latenciesMs: [],
  dropped: {},
};

it('aligns numbers to the right and shows drops by reason', () => {
  const cameras = new Map<string, CameraCounts>([
    ['cam_entrance_01', { ...none, framesIn: 100, eventsOut: 97, latenciesMs: [81.2, 120.7] }],
    ['cam_2', { ...none, framesIn: 5, dropped: { corrupt: 3, flat: 2 } }],
  ]);
  expect(formatTable(summarise(cameras, 97, 0))).toBe(
    `
camera           frames in  events out  persons  faces  p50 ms  p99 ms  drops
---------------  ---------  ----------  -------  -----  ------  ------  -----------------
cam_entrance_01        100          97        0      0      81     121  0
cam_2                    5           0        0      0       -       -  corrupt 3, flat 2
---------------  ---------  ----------  -------  -----  ------  ------  -----------------
total                  105          97        0      0      81     121  corrupt 3, flat 2
`.trim(),
  );
});
