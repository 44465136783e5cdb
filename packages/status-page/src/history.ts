import type { Buckets, Readings } from './metric.ts';

/** What of one scrape is needed to tell rates later. */
export interface Sample {
  readonly atMs: number;
  readonly processed: ReadonlyMap<string, number>;
  readonly dropped: number;
  readonly stages: ReadonlyMap<string, Buckets>;
  readonly endToEnd: Buckets | undefined;
  readonly batchFill: Buckets | undefined;
}

/** @param atMs Of a clock that never goes back. */
export function sampleOf(readings: Readings, atMs: number, dropped: number): Sample {
  return {
    atMs,
    processed: readings.by('trinetra_worker_frames_processed_total', 'camera_id'),
    dropped,
    stages: readings.histograms('trinetra_stage_latency_seconds', 'stage'),
    endToEnd: readings.histograms('trinetra_end_to_end_latency_seconds', '').get(''),
    batchFill: readings.histograms('trinetra_batch_fill_ratio', '').get(''),
  };
}

/** The samples of the last while, bounded by `windowMs`. */
export class History {
  readonly #windowMs: number;
  readonly #samples: Sample[] = [];

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Adds a sample; gives the one that it is to be compared with, undefined where it is the first. */
  add(sample: Sample): Sample | undefined {
    // The newest sample that is as old as the window stays: the window is at least that long once it is full.
    while (sample.atMs - (this.#samples[1]?.atMs ?? sample.atMs) >= this.#windowMs) this.#samples.shift();
    const before = this.#samples[0];
    this.#samples.push(sample);
    return before;
  }

  clear(): void {
    this.#samples.length = 0;
  }
}
