import { expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';

const bounds = { firstMs: 100, maxMs: 30_000 };

it('doubles the wait and keeps it within its bounds', () => {
  const shortest = [1, 2, 3, 9, 40].map((attempt) => backoffMs(attempt, { ...bounds, random: () => 0 }));
  const longest = [1, 2, 3, 9, 40].map((attempt) => backoffMs(attempt, { ...bounds, random: () => 1 }));
  expect(shortest).toEqual([100, 200, 400, 15_000, 15_000]);
  expect(longest).toEqual([200, 400, 800, 30_000, 30_000]);
});
