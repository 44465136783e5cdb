import { describe, expect, it } from 'vitest';
import { designLatency, idealLatencies } from './ideal-worker.ts';

const worker = { batchSize: 4, timeoutMs: 20, latencyOf: designLatency };

describe('a worker that costs nothing', () => {
  it.each([
    [1, 25],
    [2, 40],
    [4, 70],
    [6, 105],
    [8, 140],
  ])('has an engine that takes for %s frames %s ms', (frames, ms) => expect(designLatency(frames)).toBe(ms));

  it('lets a lone frame wait the timeout', () => {
    expect(idealLatencies([0], worker)).toEqual([45]);
  });

  it('lets a full batch leave at once', () => {
    expect(idealLatencies([0, 1, 2, 3], worker)).toEqual([73, 72, 71, 70]);
  });

  it('takes what came while the engine was at work', () => {
    // The first leaves at 20 and ends at 45; the two that came meanwhile leave then.
    expect(idealLatencies([0, 21, 22], worker)).toEqual([45, 64, 63]);
  });

  it('falls behind where more comes than the engine can do', () => {
    const arrivals = Array.from({ length: 400 }, (_, index) => index * 10);
    const latencies = idealLatencies(arrivals, worker);
    expect(latencies.at(-1)).toBeGreaterThan(2000);
  });
});
