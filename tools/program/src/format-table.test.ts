import { expect, it } from 'vitest';
import { formatTable } from './format-table.ts';

it('aligns texts to the left and numbers to the right, and ends no line with spaces', () => {
  expect(formatTable([['', 'A', 'both'], 'rule', ['frames', '12', '7'], ['persons', '3']])).toEqual([
    '          A  both',
    '-------  --  ----',
    'frames   12     7',
    'persons   3',
  ]);
  expect(formatTable([['size'], ['1']], 0)).toEqual(['size', '   1']);
});
