import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { followLines } from './follow-lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'follow-lines-'));
const file = join(folder, 'lines');
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('gives each whole line once, from before the file exists to the middle of a character', async () => {
  const lines = followLines(file);
  expect(await lines.read()).toEqual([]);
  const bytes = Buffer.from('first\nsec\u00f6nd\n');
  appendFileSync(file, bytes.subarray(0, 10)); // cuts the o in two
  expect(await lines.read()).toEqual(['first']);
  appendFileSync(file, bytes.subarray(10));
  expect(await lines.read()).toEqual(['sec\u00f6nd']);
  expect(await lines.read()).toEqual([]);
  const long = 'x'.repeat(3_000_000);
  appendFileSync(file, `${long}\nlast\nrest`);
  expect(await lines.read()).toEqual([long, 'last']);
});
