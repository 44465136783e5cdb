import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { orOnAbort, pause, rejectOnAbort, within } from './races.ts';

const never = new Promise<never>(() => undefined);

afterEach(() => vi.useRealTimers());

describe('pause', () => {
  it('ends early at an abort, and leaves no timer and no listener', async () => {
    vi.useFakeTimers();
    const stop = new AbortController();
    const paused = pause(60_000, stop.signal);
    stop.abort();
    await paused;
    expect(vi.getTimerCount()).toBe(0);
    await pause(60_000, stop.signal);
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  });
});

describe('within', () => {
  it('gives what comes in time, and what was named once it is late', async () => {
    vi.useFakeTimers();
    await expect(within(Promise.resolve(1), 10)).resolves.toBe(1);
    const late = within(never, 10, 'late');
    await vi.advanceTimersByTimeAsync(10);
    await expect(late).resolves.toBe('late');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('passes a failure in time on', async () => {
    await expect(within(Promise.reject(new Error('no')), 1000)).rejects.toThrow('no');
  });
});

describe('rejectOnAbort and orOnAbort', () => {
  it('give what the work gives, and leave no listener', async () => {
    const { signal } = new AbortController();
    await expect(rejectOnAbort(Promise.resolve(1), signal)).resolves.toBe(1);
    await expect(orOnAbort(Promise.reject(new Error('no')), signal, 2)).rejects.toThrow('no');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('end at an abort, before and during the work', async () => {
    const stop = new AbortController();
    const waiting = [rejectOnAbort(never, stop.signal), orOnAbort(never, stop.signal, 2)];
    stop.abort(new Error('stopped'));
    await expect(waiting[0]).rejects.toThrow('stopped');
    await expect(waiting[1]).resolves.toBe(2);
    const failing = Promise.reject(new Error('too late'));
    await expect(rejectOnAbort(failing, stop.signal)).rejects.toThrow('stopped');
    await expect(orOnAbort(failing, stop.signal, 2)).resolves.toBe(2);
  });
});
