import { expect, it } from 'vitest';
import { durationUnit } from './duration-unit.ts';

it.each([
  [0, 'ms', 1],
  [9999, 'ms', 1],
  [10_000, 's', 1000],
  [119_999, 's', 1000],
  [150_000, 'min', 60_000],
  [7_200_000, 'h', 3_600_000],
  [Infinity, 'h', 3_600_000],
])('an axis up to %d ms is in %s', (mostMs, name, ms) => {
  expect(durationUnit(mostMs)).toEqual({ name, ms });
});
