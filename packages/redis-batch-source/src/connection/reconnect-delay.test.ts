import { expect, it } from 'vitest';
import { ReconnectDelay } from './reconnect-delay.ts';

function delays(delay: ReconnectDelay, count: number): number[] {
  return Array.from({ length: count }, () => delay.next());
}

it('doubles from 50 ms to 2 s, of which the upper half is random', () => {
  expect(delays(new ReconnectDelay({ random: () => 1 }), 8)).toEqual([
    50, 100, 200, 400, 800, 1600, 2000, 2000,
  ]);
  expect(delays(new ReconnectDelay({ random: () => 0 }), 8)).toEqual([
    25, 50, 100, 200, 400, 800, 1000, 1000,
  ]);
  const tries = Array.from({ length: 20 }, () => delays(new ReconnectDelay(), 7).at(-1) ?? 0);
  expect(Math.min(...tries)).toBeGreaterThanOrEqual(1000);
  expect(Math.max(...tries)).toBeLessThanOrEqual(2000);
  expect(new Set(tries).size, 'workers do not come back in step').toBeGreaterThan(10);
});

it('starts anew after a connection that lasted, and not after one that ended at once', () => {
  let now = 0;
  const delay = new ReconnectDelay({ random: () => 1, now: () => now });
  delays(delay, 4);
  delay.connected();
  now += 100;
  expect(delay.next()).toBe(800);
  delay.connected();
  now += 60_000;
  expect(delays(delay, 2)).toEqual([50, 100]);
});

it('waits 200 ms at most after a connection that was of use, however often that happens', () => {
  const delay = new ReconnectDelay({ random: () => 1, now: () => 0 });
  delays(delay, 7);
  for (let time = 0; time < 10; time += 1) {
    delay.connected();
    delay.served();
    expect(delay.next()).toBe(200);
  }
  expect(delays(delay, 3), 'and longer where it does not come back').toEqual([400, 800, 1600]);
});
