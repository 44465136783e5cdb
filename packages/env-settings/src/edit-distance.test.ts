import { expect, it } from 'vitest';
import { editDistance } from './edit-distance.ts';

it.each([
  ['', 'abc', 3],
  ['same', 'same', 0],
  ['BATCH_SIZ', 'BATCH_SIZE', 1],
  ['BTACH_SIZE', 'BATCH_SIZE', 1],
  ['kitten', 'sitting', 3],
])('editDistance(%j, %j) is %i', (from, to, distance) => {
  expect(editDistance(from, to)).toBe(distance);
  expect(editDistance(to, from)).toBe(distance);
});
