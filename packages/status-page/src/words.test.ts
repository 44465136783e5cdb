import { expect, it } from 'vitest';
import { duration, listed, plural } from './words.ts';

it.each([
  [0.42, '0.4 s'],
  [9.96, '10 s'],
  [59.4, '59 s'],
  [59.6, '1.0 min'],
  [150, '2.5 min'],
  [3590, '1.0 h'],
  [11_160, '3.1 h'],
])('tells %d seconds as %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

it('tells one and many', () => {
  expect(plural(1, 'publish error')).toBe('1 publish error');
  expect(plural(1234, 'frame')).toBe('1,234 frames');
});

it('names three in full and counts the others', () => {
  expect(listed(['a'])).toBe('a');
  expect(listed(['a', 'b'])).toBe('a and b');
  expect(listed(['a', 'b', 'c'])).toBe('a, b and c');
  expect(listed(['a', 'b', 'c', 'd', 'e', 'f'])).toBe('a, b, c and 3 more');
});
