import { expect, it } from 'vitest';
import { ReadPace } from './read-pace.ts';

it('begins small, and asks for as many as there is room for after some quick reads', () => {
  const pace = new ReadPace(1000);
  expect(pace.most).toBe(4);
  for (let read = 0; read < 4; read += 1) pace.came(4, 1);
  expect(pace.most).toBeGreaterThanOrEqual(64);
  for (let read = 0; read < 8; read += 1) pace.came(64, 1);
  expect(pace.most).toBeGreaterThanOrEqual(4096);
});

it.each([
  { count: 4, ms: 1500, most: 2 },
  { count: 1, ms: 377, most: 2 },
  { count: 4, ms: 40_000, most: 1 },
])('asks for $most where $count entries took $ms ms', ({ count, ms, most }) => {
  const pace = new ReadPace(1000);
  pace.came(count, ms);
  expect(pace.most).toBe(most);
});

it('remembers a large frame over a small one that follows, and forgets one pause of the server', () => {
  const pace = new ReadPace(1000);
  pace.came(1, 400);
  pace.came(1, 5);
  expect(pace.most).toBe(5);
  for (let read = 0; read < 4; read += 1) pace.came(4, 1);
  expect(pace.most).toBeGreaterThanOrEqual(64);
});

it('learns nothing from a read that found nothing', () => {
  const pace = new ReadPace(1000);
  pace.came(0, 5000);
  expect(pace.most).toBe(4);
});
