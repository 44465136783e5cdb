import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startLiveTable } from './live-table.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('draws over itself each second, keeps to the screen, and leaves nothing at the end', () => {
  const written: string[] = [];
  const rows: number[] = [];
  const table = startLiveTable({ rows: 30, columns: 3, write: (text) => written.push(text) }, (maxRows) => {
    rows.push(maxRows);
    return 'one and more\ntwo';
  });
  vi.advanceTimersByTime(2500);
  table.stop();
  vi.advanceTimersByTime(5000);
  expect(rows).toEqual([29, 29]);
  expect(written).toEqual(['one\ntwo\n', '\u001b[2A\u001b[0Jone\ntwo\n', '\u001b[2A\u001b[0J']);
});
