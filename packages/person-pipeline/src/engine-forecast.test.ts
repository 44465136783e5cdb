import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { EngineForecast } from './engine-forecast.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('lets a batch leave so much before the one at work is done as it is under way', () => {
  const forecast = new EngineForecast(2);
  expect(forecast.leaveInMs).toBe(0);
  const first = forecast.begin(4);
  expect(forecast.leaveInMs).toBe(Number.POSITIVE_INFINITY);
  vi.advanceTimersByTime(70);
  first();
  forecast.begin(4);
  vi.advanceTimersByTime(50);
  expect(forecast.leaveInMs).toBe(18);
  vi.advanceTimersByTime(30);
  expect(forecast.leaveInMs).toBe(0);
});

it('counts a batch that waited at the engine from when it was its turn', () => {
  const forecast = new EngineForecast(0);
  const first = forecast.begin(1);
  vi.advanceTimersByTime(10);
  const second = forecast.begin(1);
  vi.advanceTimersByTime(15);
  first(); // 25 ms
  vi.advanceTimersByTime(25);
  second(); // 25 ms too, though 40 have passed since it came
  forecast.begin(1);
  expect(forecast.leaveInMs).toBe(25);
});

it('knows each size by itself, and follows an engine that becomes slower', () => {
  const forecast = new EngineForecast(0);
  const take = (size: number, ms: number): void => {
    const end = forecast.begin(size);
    vi.advanceTimersByTime(ms);
    end();
  };
  take(1, 25);
  take(4, 70);
  for (let times = 0; times < 20; times += 1) take(4, 100);
  const end = forecast.begin(4);
  expect(forecast.leaveInMs).toBeCloseTo(100, 0);
  end();
  forecast.begin(1);
  expect(forecast.leaveInMs).toBe(25);
});
