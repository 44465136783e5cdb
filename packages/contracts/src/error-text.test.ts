import { expect, it } from 'vitest';
import { errorText } from './error-text.ts';

it.each([
  [new Error('broken'), 'broken'],
  [Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
  [new AggregateError([]), 'AggregateError'],
  ['a text', 'a text'],
  [undefined, 'undefined'],
])('tells %o as %s', (error, text) => {
  expect(errorText(error)).toBe(text);
});
