import { describe, expect, it } from 'vitest';
import { designLatency, idealLatencies, ownTimes } from './ideal-worker.ts';

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

describe('what a frame took besides the engine and the wait for its batch', () => {
  it('is nothing for a worker that costs nothing', () => {
    const arrivals = [0, 21, 22, 200, 201, 202, 203, 300];
    const runs = [
      { batch: 1, startMs: 20, endMs: 45 },
      { batch: 2, startMs: 45, endMs: 85 },
      { batch: 4, startMs: 203, endMs: 273 },
      { batch: 1, startMs: 320, endMs: 345 },
    ];
    const latencies = idealLatencies(arrivals, worker);
    expect(ownTimes({ arrivals, latencies }, runs, worker)).toEqual(arrivals.map(() => 0));
  });

  it('is a late begin of the run and what comes after its end, whoever waited for the engine meanwhile', () => {
    const runs = [
      { batch: 1, startMs: 23, endMs: 48 }, // due at 20
      { batch: 2, startMs: 49, endMs: 89 }, // due at 48
    ];
    expect(ownTimes({ arrivals: [0, 21, 22], latencies: [53, 70, 70] }, runs, worker)).toEqual([8, 3, 4]);
  });

  it('counts no run that begins early, and no frame without a run', () => {
    const runs = [{ batch: 1, startMs: 19, endMs: 44 }];
    expect(ownTimes({ arrivals: [0, 100], latencies: [45, 45] }, runs, worker)).toEqual([1]);
  });
});
