import { expect, it } from 'vitest';
import { type Sample, Window } from './window.ts';

const sample = (atMs: number): Sample => ({
  atMs,
  cameras: new Map(),
  drops: new Map(),
  stages: new Map(),
  endToEnd: { bounds: [], counts: [], sum: 0 },
  batchFill: undefined,
});

it('compares with the newest sample that is as old as the window, and keeps no older one', () => {
  const window = new Window(3000);
  const compared = [0, 1000, 2000, 3000, 4000, 5000, 9000].map((atMs) => window.add(sample(atMs))?.atMs);
  expect(compared).toEqual([undefined, 0, 0, 0, 1000, 2000, 5000]);
});
