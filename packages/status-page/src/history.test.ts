import { expect, it } from 'vitest';
import { History, type Sample } from './history.ts';

const sample = (atMs: number): Sample => ({
  atMs,
  processed: new Map(),
  dropped: 0,
  stages: new Map(),
  endToEnd: undefined,
  batchFill: undefined,
});

it('compares with the newest sample that is as old as the window, and keeps no older one', () => {
  const history = new History(3000);
  const compared = [0, 1000, 2000, 3000, 4000, 5000, 9000].map((atMs) => history.add(sample(atMs))?.atMs);
  expect(compared).toEqual([undefined, 0, 0, 0, 1000, 2000, 5000]);
});

it('starts anew once it was cleared', () => {
  const history = new History(3000);
  history.add(sample(0));
  history.clear();
  expect(history.add(sample(1000))).toBeUndefined();
});
