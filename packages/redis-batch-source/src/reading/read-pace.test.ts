import { expect, it, vi } from 'vitest';
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

it('asks for less where replies are lost one after another, and for more again a minute later', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const pace = new ReadPace(1000);
    for (let read = 0; read < 8; read += 1) pace.came(8, 1);
    pace.lost(20); // a Redis that was restarted, say
    pace.came(20, 1);
    expect(pace.most).toBeGreaterThan(1000);
    for (const asked of [20, 20, 10, 5]) pace.lost(asked);
    expect(pace.most).toBe(2);
    pace.came(2, 1);
    expect(pace.most).toBe(2);
    vi.advanceTimersByTime(61_000);
    pace.came(2, 1);
    expect(pace.most).toBe(5);
    pace.came(5, 1);
    expect(pace.most).toBe(5);
    expect(pace.losesAll).toBe(false);
    for (const asked of [1, 1]) pace.lost(asked);
    expect(pace.losesAll).toBe(true);
    expect(pace.most).toBe(1);
  } finally {
    vi.useRealTimers();
  }
});
