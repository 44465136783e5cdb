import { expect, it } from 'vitest';
import { sentenceOf } from './fatal-error.ts';

it('tells an error and its causes in one line, each once, without stacks', () => {
  const refused = new Error('connect ECONNREFUSED 127.0.0.1:1');
  const wrapped = new Error('no answer: connect ECONNREFUSED 127.0.0.1:1', { cause: refused });
  const outer = new Error('the port cannot be had\n  try another', { cause: wrapped });
  expect(sentenceOf(outer)).toBe(
    'the port cannot be had try another: no answer: connect ECONNREFUSED 127.0.0.1:1',
  );
});

it('tells what is no error, and an error without words', () => {
  expect(sentenceOf('words')).toBe('words');
  expect(sentenceOf(new TypeError())).toBe('TypeError');
});

it('ends where a chain of causes runs in a circle, and hides the password of an address', () => {
  const first = new Error('cannot reach redis://u:s3cret@host:1');
  first.cause = new Error('again', { cause: first });
  expect(sentenceOf(first)).toBe('cannot reach redis://u:***@host:1: again');
});
