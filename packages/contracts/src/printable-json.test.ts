import { expect, it } from 'vitest';
import { printableJson } from './printable-json.ts';

const hostile = 'a\u001b[2J\u009b\u0007\u202e\u2028\n\\b\u{e0001}é日';

it('writes JSON that says the same and is safe to show', () => {
  const text = printableJson({ id: hostile });
  expect(JSON.parse(text)).toEqual({ id: hostile });
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
});

it('writes one line of JSON where no indent is wanted', () => {
  expect(printableJson({ id: 'a\u009b', n: [1, 2] }, 0)).toBe(String.raw`{"id":"a\u009b","n":[1,2]}`);
});
