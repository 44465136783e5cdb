import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defined } from '@trinetra/contracts';

export interface SimulatedEngineOptions {
  /** `zero`: an answer costs nothing. `latency`: the times of the design's table, on one simulated device. */
  readonly device: 'zero' | 'latency';
  /** In every frame, each with one face. */
  readonly persons: number;
  /** Frames a run; the worker's batch size, as on a GPU. */
  readonly batchSize: number;
  /**
   * File with one line a run of a `latency` device. `.departures` beside it has one line for each run of any
   * model that the worker hands over.
   */
  readonly log?: string;
}

/** Environment of a worker whose engine is simulated. */
export function simulatedEngine(options: SimulatedEngineOptions): Record<string, string> {
  const preload = fileURLToPath(new URL('./simulated-engine.mjs', import.meta.url));
  return {
    NODE_OPTIONS: `--import=${preload}`,
    SIMULATED_DEVICE: options.device,
    SIMULATED_PERSONS: String(options.persons),
    BATCH_SIZE: String(options.batchSize),
    FRAMES_PER_RUN: String(options.batchSize),
    ARCFACE_PROOF: 'warn', // all its embeddings are alike
    ...defined({ SIMULATED_LOG: options.log }),
  };
}

/** One run of the detector on the simulated device; ms on the monotonic clock (`process.hrtime`). */
export interface DeviceRun {
  readonly batch: number;
  readonly startMs: number;
  readonly endMs: number;
}

const linesOf = (file: string): string[] => readFileSync(file, 'utf8').trim().split('\n').filter(Boolean);

export function readDeviceLog(file: string): DeviceRun[] {
  return linesOf(file)
    .map((line) => {
      const [batch = 0, start = 0, end = 0] = line.split(' ').map(Number);
      return { batch, startMs: start / 1e6, endMs: end / 1e6 };
    })
    .toSorted((a, b) => a.startMs - b.startMs);
}

/** When the worker handed runs to its inference threads, ms on the clock of {@link DeviceRun}. */
export function readDepartures(file: string): number[] {
  return linesOf(`${file}.departures`).map((line) => Number(line) / 1e6);
}

/** Share of the time between two instants in which the device worked, 0..1. */
export function busyShare(runs: readonly DeviceRun[], fromMs: number, toMs: number): number {
  const busy = runs.reduce(
    (sum, { startMs, endMs }) => sum + Math.max(0, Math.min(endMs, toMs) - Math.max(startMs, fromMs)),
    0,
  );
  return busy / (toMs - fromMs);
}
