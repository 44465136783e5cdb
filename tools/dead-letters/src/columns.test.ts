import { expect, it } from 'vitest';
import { columns } from './columns.ts';

it('lines rows up', () => {
  expect(
    columns([
      ['a', 'bb', 'c'],
      ['ddd', 'e', ''],
    ]),
  ).toBe('a    bb  c\nddd  e');
});
