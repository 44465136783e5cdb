import { expect, it } from 'vitest';
import { decodeOutcomeOf } from './decode-result.ts';

it.each([
  ['empty', 'corrupt'],
  ['too_large', 'corrupt'],
  ['too_many_pixels', 'corrupt'],
  ['unsupported_format', 'corrupt'],
  ['corrupt', 'corrupt'],
  ['black', 'skipped'],
  ['blown_out', 'skipped'],
  ['flat', 'skipped'],
] as const)('takes a frame that is %s for %s', (problem, outcome) => {
  expect(decodeOutcomeOf(problem)).toBe(outcome);
});
