import { expect, it } from 'vitest';
import { ShapeSessions } from './shape-sessions.ts';

function setUp() {
  const released: number[] = [];
  let next = 0;
  const create = async () => {
    const number = next;
    next += 1;
    return { number, release: async () => void released.push(number) };
  };
  return { create, released };
}

it('gives each shape a session of its own, the first of them the one that there is', async () => {
  const { create, released } = setUp();
  const sessions = new ShapeSessions(await create(), create);
  const numbers: number[] = [];
  for (const shape of ['1x3', '4x3', '1x3', '4x3', '16x3']) numbers.push((await sessions.of(shape)).number);
  expect(numbers).toEqual([0, 1, 0, 1, 2]);
  await sessions.release();
  expect(released).toEqual([0, 1, 2]);
});

it('keeps the 8 that were used last', async () => {
  const { create, released } = setUp();
  const sessions = new ShapeSessions(await create(), create);
  for (const shape of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'a', 'i']) await sessions.of(shape);
  expect(released).toEqual([1]);
  expect((await sessions.of('a')).number).toBe(0);
  expect((await sessions.of('b')).number).toBe(9);
});

it('frees the session of a model that was never run', async () => {
  const { create, released } = setUp();
  await new ShapeSessions(await create(), create).release();
  expect(released).toEqual([0]);
});
