import type { DetectionEvent } from '@trinetra/contracts';
import { createLatencyHistogram, type LatencyHistogram } from '../latency-histogram.ts';
import { countsOf, latencyMsOf } from '../received-event.ts';

/** Counts of a stretch of time. */
export interface TimeBin {
  /** Its beginning, seconds since the epoch. */
  readonly start: number;
  readonly latency: LatencyHistogram;
  events: number;
  persons: number;
  faces: number;
}

/** Events by time (`worker_ts`), in bounded memory: bins widen so that there are never more than `maxBins`. */
export interface TimeBins {
  add(event: DetectionEvent): void;
  /** Seconds a bin. */
  readonly widthSeconds: number;
  /** In order of time, without gaps: a stretch without events is an empty bin. */
  bins(): TimeBin[];
}

/** Later than any clock is set to (the year 5138), as for `ingest_ts` of a frame. */
const latestSeconds = 1e11;

function createBin(start: number): TimeBin {
  return { start, latency: createLatencyHistogram(), events: 0, persons: 0, faces: 0 };
}

/**
 * @param firstWidthSeconds First width; doubled as often as needed.
 */
export function createTimeBins(maxBins = 120, firstWidthSeconds = 1): TimeBins {
  let width = firstWidthSeconds;
  let bins = new Map<number, TimeBin>();
  let [first, last] = [Infinity, -Infinity];

  function widen(): void {
    width *= 2;
    const merged = new Map<number, TimeBin>();
    for (const [index, bin] of bins) {
      const wider = Math.floor(index / 2);
      const into = merged.get(wider) ?? createBin(wider * width);
      into.latency.merge(bin.latency);
      into.events += bin.events;
      into.persons += bin.persons;
      into.faces += bin.faces;
      merged.set(wider, into);
    }
    bins = merged;
    first = Math.floor(first / 2);
    last = Math.floor(last / 2);
  }

  return {
    add(event) {
      const time = event.worker_ts;
      if (time < 0 || time > latestSeconds) return;
      const include = (index: number): void => {
        first = Math.min(first, index);
        last = Math.max(last, index);
      };
      include(Math.floor(time / width));
      while (last - first >= maxBins) widen();
      const index = Math.floor(time / width);
      const bin = bins.get(index) ?? createBin(index * width);
      bins.set(index, bin);
      const { persons, faces } = countsOf(event);
      bin.events += 1;
      bin.persons += persons;
      bin.faces += faces;
      const latencyMs = latencyMsOf(event);
      if (latencyMs !== undefined) bin.latency.add(latencyMs);
    },
    get widthSeconds() {
      return width;
    },
    bins() {
      if (bins.size === 0) return [];
      return Array.from(
        { length: last - first + 1 },
        (_, i) => bins.get(first + i) ?? createBin((first + i) * width),
      );
    },
  };
}
