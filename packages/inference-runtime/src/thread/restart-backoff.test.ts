import { expect, it } from 'vitest';
import { restartDelayMs } from './restart-backoff.ts';

it.each([
  [1, 100, 200],
  [2, 200, 400],
  [5, 1600, 3200],
  [9, 15_000, 30_000],
  [5000, 15_000, 30_000],
])('restart %i in a row waits between %i and %i ms', (failures, least, most) => {
  expect(restartDelayMs(failures, () => 0)).toBe(least);
  expect(restartDelayMs(failures, () => 1)).toBe(most);
});
