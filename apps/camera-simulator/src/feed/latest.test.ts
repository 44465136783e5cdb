import { expect, it } from 'vitest';
import { createLatest } from './latest.ts';

it('gives the newest item, says which made room for it, and ends with the last one', async () => {
  const latest = createLatest<number>();
  expect([latest.put(1), latest.put(2), latest.put(3)]).toEqual([false, true, true]);
  const items = latest[Symbol.asyncIterator]();
  expect(await items.next()).toEqual({ done: false, value: 3 });
  const next = items.next();
  expect(latest.put(4)).toBe(false);
  expect(await next).toEqual({ done: false, value: 4 });
  latest.put(5);
  latest.close();
  expect(await items.next()).toEqual({ done: false, value: 5 });
  expect(await items.next()).toEqual({ done: true, value: undefined });
});
