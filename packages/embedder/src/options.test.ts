import { expect, it } from 'vitest';
import { embedderRunSizes } from './options.ts';

it.each([
  [16, [1, 4, 16]],
  [8, [1, 4, 8]],
  [4, [1, 4]],
  [1, [1]],
])('has for runs of at most %d faces the sizes %j', (most, sizes) => {
  expect(embedderRunSizes(most)).toEqual(sizes);
});
