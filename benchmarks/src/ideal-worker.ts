import type { DeviceRun } from './simulated-engine.ts';

/** When a batch is sent, and the engine's time for it. */
export interface IdealWorker {
  readonly batchSize: number;
  readonly timeoutMs: number;
  /** Ms of a batch of `n` frames. */
  latencyOf(n: number): number;
}

/**
 * Latencies, ms, of a worker that costs nothing itself. It sends a batch when it has N frames, or when its
 * oldest has waited the timeout, and the engine is free. On the same arrivals, everything beyond these is a
 * real worker's own cost.
 *
 * @param arrivals Ms, in order.
 */
export function idealLatencies(arrivals: readonly number[], worker: IdealWorker): number[] {
  const { batchSize, timeoutMs, latencyOf } = worker;
  const latencies: number[] = [];
  let free = Number.NEGATIVE_INFINITY;
  let at = 0;
  while (at < arrivals.length) {
    const oldest = arrivals[at] ?? 0;
    const full = arrivals[at + batchSize - 1] ?? Number.POSITIVE_INFINITY;
    const start = Math.max(free, Math.min(full, oldest + timeoutMs));
    let count = 0;
    while (count < batchSize && (arrivals[at + count] ?? Number.POSITIVE_INFINITY) <= start) count += 1;
    free = start + latencyOf(count);
    for (let index = 0; index < count; index += 1) latencies.push(free - (arrivals[at + index] ?? 0));
    at += count;
  }
  return latencies;
}

/**
 * The overhead of each frame, ms: without the engine's time and the wait for its batch. It is the delay of its
 * run against the rule of {@link idealLatencies}, with the engine free when it really was, and the time from
 * the end of the run until the frame was done.
 *
 * @param frames Arrivals in order, and the latency of each. Runs take frames in this order.
 * @param runs On the clock of the arrivals, in order, from the first frame on. Frames without a run are left out.
 */
export function ownTimes(
  frames: { readonly arrivals: readonly number[]; readonly latencies: readonly number[] },
  runs: readonly DeviceRun[],
  { batchSize, timeoutMs }: Pick<IdealWorker, 'batchSize' | 'timeoutMs'>,
): number[] {
  const { arrivals, latencies } = frames;
  const times: number[] = [];
  let free = Number.NEGATIVE_INFINITY;
  for (const { batch, startMs, endMs } of runs) {
    const at = times.length;
    const oldest = arrivals[at] ?? Number.NaN;
    const full = arrivals[at + batchSize - 1] ?? Number.POSITIVE_INFINITY;
    const late = Math.max(0, startMs - Math.max(free, Math.min(full, oldest + timeoutMs)));
    for (let frame = at; frame < Math.min(at + batch, arrivals.length); frame += 1) {
      times.push(late + (arrivals[frame] ?? Number.NaN) + (latencies[frame] ?? Number.NaN) - endMs);
    }
    free = endMs;
  }
  return times;
}

/** Ms of a batch on the GPU of the design: 25, 70 and 140 ms for 1, 4 and 8; linear between and beyond. */
export function designLatency(n: number): number {
  return n <= 4 ? 25 + (45 / 3) * (n - 1) : 70 + (70 / 4) * (n - 4);
}
