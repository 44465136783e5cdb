/** What the engine does with batches of one size. */
export interface EngineResult {
  /** Frames a batch. */
  readonly batchSize: number;
  /** With one batch at work and one that waits, as in the worker. */
  readonly framesPerSecond: number;
  /** Of one batch by itself, ms. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Share of the cores that was in use, 0..1. */
  readonly cpuShare: number;
  /** Share of the time in which the GPU was busy, 0..1; undefined where there is none. */
  readonly gpuShare: number | undefined;
}

/** What follows from the results. */
export interface Advice {
  readonly batchSize: number;
  readonly cameras: number;
  readonly framesPerSecond: number;
}

/** A larger batch has to bring more than this to be worth its latency. */
const worthwhile = 0.95;
/** Of what the engine can do, so much is planned with: the rest is for bursts and for decoding. */
export const plannedShare = 0.8;

/**
 * The smallest batch that does at least 95 % of the best, and the cameras that it carries at 80 % load.
 *
 * @param fps Of each camera.
 * @throws {RangeError} without results.
 */
export function adviseOn(results: readonly EngineResult[], fps: number): Advice {
  const best = Math.max(...results.map(({ framesPerSecond }) => framesPerSecond));
  const chosen = results.find(({ framesPerSecond }) => framesPerSecond >= worthwhile * best);
  if (chosen === undefined) throw new RangeError('results: expected at least one but received none');
  const { batchSize, framesPerSecond } = chosen;
  return { batchSize, framesPerSecond, cameras: Math.floor((plannedShare * framesPerSecond) / fps) };
}
