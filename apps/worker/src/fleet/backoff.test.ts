import { expect, it } from 'vitest';
import { failuresInARow, restartDelayMs } from './backoff.ts';

it.each([
  [1, 500, 1000],
  [2, 1000, 2000],
  [4, 4000, 8000],
  [7, 30_000, 60_000],
  [5000, 30_000, 60_000],
])('restart %i in a row waits between %i and %i ms', (failures, least, most) => {
  expect(restartDelayMs(failures, () => 0)).toBe(least);
  expect(restartDelayMs(failures, () => 1)).toBe(most);
});

it('counts from one again after a worker that ran for a minute', () => {
  expect(failuresInARow(3, 59_999)).toBe(4);
  expect(failuresInARow(3, 60_000)).toBe(1);
});
