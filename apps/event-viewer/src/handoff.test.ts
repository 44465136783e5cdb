import { expect, it } from 'vitest';
import { createHandoff } from './handoff.ts';

it('tells the producer that an item is done with when the next is asked for, or none', async () => {
  const handoff = createHandoff<number>();
  const taken: string[] = [];
  const producer = (async () => {
    for (const item of [1, 2, 3]) taken.push(`${item} ${await handoff.give(item)}`);
  })();
  for await (const item of handoff) {
    expect(taken).toHaveLength(item - 1);
    if (item === 2) break;
  }
  await producer;
  expect(taken).toEqual(['1 true', '2 true', '3 false']);
});

it('ends with what the producer says, and takes back what was not asked for', async () => {
  const handoff = createHandoff<number>();
  const given = handoff.give(1);
  handoff.end(new Error('gone'));
  handoff.end();
  expect(await given).toBe(false);
  await expect(handoff[Symbol.asyncIterator]().next()).rejects.toThrow('gone');
});

it('wakes a consumer that waits', async () => {
  const handoff = createHandoff<number>();
  const next = handoff[Symbol.asyncIterator]().next();
  handoff.end();
  expect(await next).toEqual({ done: true, value: undefined });
});
