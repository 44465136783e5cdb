import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createCircuitBreaker } from './circuit-breaker.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp({ failureThreshold = 1, works = false } = {}) {
  const answer = { works };
  const probe = vi.fn(async () => answer.works);
  const changes: string[] = [];
  const breaker = createCircuitBreaker({
    failureThreshold,
    probeIntervalMs: 100,
    probe,
    onChange: (state) => changes.push(state),
  });
  return { breaker, probe, answer, changes };
}

it('opens at the given number of failures in a row, and a success between starts the count anew', () => {
  const { breaker } = setUp({ failureThreshold: 2 });
  breaker.recordFailure();
  breaker.recordSuccess();
  breaker.recordFailure();
  expect(breaker.state).toBe('closed');
  breaker.recordFailure();
  expect(breaker.state).toBe('open');
});

it('does not probe before the interval has passed', async () => {
  const { breaker, probe } = setUp();
  breaker.recordFailure();
  await vi.advanceTimersByTimeAsync(99);
  expect(probe).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(probe).toHaveBeenCalledTimes(1);
});

it('stays open while probes fail, and closes with the first that succeeds', async () => {
  const { breaker, probe, answer, changes } = setUp();
  breaker.recordFailure();
  await vi.advanceTimersByTimeAsync(350);
  expect(probe).toHaveBeenCalledTimes(3);
  expect(breaker.state).toBe('open');
  answer.works = true;
  await vi.advanceTimersByTimeAsync(50);
  expect(breaker.state).toBe('closed');
  await vi.advanceTimersByTimeAsync(1000);
  expect(probe).toHaveBeenCalledTimes(4);
  expect(changes).toEqual(['open', 'closed']);
});

it('is half open during a probe and never runs two', async () => {
  const asked: ((works: boolean) => void)[] = [];
  const breaker = createCircuitBreaker({
    failureThreshold: 1,
    probeIntervalMs: 100,
    probe: () => new Promise((resolve) => asked.push(resolve)),
  });
  breaker.recordFailure();
  await vi.advanceTimersByTimeAsync(1000);
  breaker.recordFailure();
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toHaveLength(1);
  expect(breaker.state).toBe('half_open');
  asked[0]?.(false);
  await vi.advanceTimersByTimeAsync(99);
  expect(breaker.state).toBe('open');
});

it('takes a probe that rejects for a failed one', async () => {
  const { breaker, probe } = setUp();
  probe.mockRejectedValueOnce(new Error('away'));
  breaker.recordFailure();
  await vi.advanceTimersByTimeAsync(250);
  expect(probe).toHaveBeenCalledTimes(2);
  expect(breaker.state).toBe('open');
});

it('opens again at a single failure after a probe closed it', async () => {
  const { breaker } = setUp({ failureThreshold: 3, works: true });
  for (let i = 0; i < 3; i += 1) breaker.recordFailure();
  await vi.advanceTimersByTimeAsync(100);
  expect(breaker.state).toBe('closed');
  breaker.recordFailure();
  expect(breaker.state).toBe('open');
});

it('leaves no timer behind when it is stopped, also during a probe', async () => {
  const { breaker } = setUp();
  breaker.recordFailure();
  const probing = vi.advanceTimersByTimeAsync(100);
  breaker.stop();
  await probing;
  expect(vi.getTimerCount()).toBe(0);
});
