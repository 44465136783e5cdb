import { expect, it } from 'vitest';
import { matchesGlob } from './glob.ts';

it.each([
  ['frames:*', 'frames:cam_01', true],
  ['frames:*', 'frames:', true],
  ['frames:*', 'xframes:cam', false],
  ['frames:cam_?', 'frames:cam_1', true],
  ['frames:cam_?', 'frames:cam_12', false],
  ['shop.1:*', 'shopx1:cam', false],
  ['cam[0-3]', 'cam2', true],
  ['cam[^0-3]', 'cam2', false],
  [String.raw`cam\*`, 'cam*', true],
  [String.raw`cam\*`, 'cam1', false],
  ['a(b)+$', 'a(b)+$', true],
  [String.raw`cam_[\d]`, 'cam_d', true],
  [String.raw`cam_[\d]`, 'cam_5', false],
  [String.raw`cam_[\]x]`, 'cam_]', true],
  ['*a*b*', 'xxaxxbxx', true],
  ['*a*b', 'xaxbx', false],
  ['', '', true],
  ['*', '', true],
])('takes %s and %s as Redis does: %s', (pattern, key, expected) => {
  expect(matchesGlob(pattern, key)).toBe(expected);
});

it('takes no longer for a key that nearly matches', () => {
  // By a regular expression this would take days.
  expect(matchesGlob(`${'*a'.repeat(20)}b`, 'a'.repeat(128))).toBe(false);
});

it('refuses a range whose end comes first', () => {
  expect(() => matchesGlob('cam[z-a]', 'cam1')).toThrow(SyntaxError);
});
