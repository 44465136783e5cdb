import { type CameraCounts, countCameras, countDrops } from './camera-counts.ts';
import type { Buckets, Readings } from './metric.ts';

/** What of one scrape is needed to tell rates later. */
export interface Sample {
  readonly atMs: number;
  readonly cameras: ReadonlyMap<string, CameraCounts>;
  /** Frames that were given up, by reason. */
  readonly drops: ReadonlyMap<string, number>;
  readonly stages: ReadonlyMap<string, Buckets>;
  readonly endToEnd: Buckets;
  readonly batchFill: Buckets | undefined;
}

/**
 * @param atMs Of a clock that never goes back.
 * @param endToEnd From ingest to published event, since the start.
 */
export function sampleOf(readings: Readings, atMs: number, endToEnd: Buckets): Sample {
  return {
    atMs,
    cameras: countCameras(readings),
    drops: countDrops(readings),
    stages: readings.histograms('trinetra_stage_latency_seconds', 'stage'),
    endToEnd,
    batchFill: readings.histograms('trinetra_batch_fill_ratio', '').get(''),
  };
}

/** The samples of the last while, bounded by `windowMs`. */
export class Window {
  readonly #windowMs: number;
  readonly #samples: Sample[] = [];

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Adds a sample; gives the one that it is to be compared with, undefined if it is the first. */
  add(sample: Sample): Sample | undefined {
    // The newest sample that is as old as the window stays: the window is at least that long once it is full.
    while (sample.atMs - (this.#samples[1]?.atMs ?? sample.atMs) >= this.#windowMs) this.#samples.shift();
    const before = this.#samples[0];
    this.#samples.push(sample);
    return before;
  }
}
