import { availableParallelism } from 'node:os';
import { type Logger, valueOrThrow } from '@trinetra/contracts';
import { batchesAtOnce, levelFrame, loadModels, type Models } from '@trinetra/person-pipeline';
import { modelOptions } from '@trinetra/person-pipeline/settings';
import { createGpuPoller } from '@trinetra/telemetry';
import { parseConfig } from '../config.ts';
import type { EngineResult } from './engine-result.ts';

export interface MeasureOptions {
  /** As the worker would get it, models included; its batch size is ours. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly batchSize: number;
  /** Persons a frame, each with a face, that are aligned and embedded. */
  readonly persons: number;
  /** Of each of the two measurements. */
  readonly seconds: number;
  readonly logger: Logger;
}

const warmUpBatches = 3;
/** Batches on their way, as in the worker. */
const atOnce = batchesAtOnce.detect + batchesAtOnce.align + batchesAtOnce.embed;
/** Not more often: while nvidia-smi begins, the driver lets runs wait for tens of milliseconds. */
const pollGpuMs = 1000;

/** Noise: a picture without structure would let some providers off lightly. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

/** What the engine does for one batch: detection, then the faces of its persons. */
function createBatchRun(models: Models, { batchSize, persons }: MeasureOptions): () => Promise<void> {
  const { detector, aligner, embedder, alignTogether, usualInput } = models;
  const embeds = models.embeddingSpaceOf({ embeddingSuffix: '' }) !== null;
  const { width, height } = usualInput;
  const image = { data: noise(width * height * 3), width, height };
  const frame = levelFrame(detector, usualInput, (at) => image.data[at] ?? 0);
  const frames = Array.from({ length: batchSize }, () => frame);
  const box = [width * 0.3, height * 0.1, width * 0.6, height * 0.9] as const;
  const boxes = Array.from({ length: persons }, () => [...box] as [number, number, number, number]);
  const faces = Array.from({ length: persons * batchSize }, () => noise(112 * 112 * 3));
  return async () => {
    for (const result of await detector.detect(frames)) valueOrThrow(result);
    if (!embeds || faces.length === 0) return;
    const pictures = frames.map(() => ({ image, persons: boxes }));
    if (alignTogether) await aligner.align(pictures);
    else await Promise.all(pictures.map((picture) => aligner.align([picture])));
    for (const result of await embedder.embed(faces)) {
      if (!result.ok) throw new Error(`an embedding failed: ${result.message ?? result.reason}`);
    }
  };
}

const nearestRank = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;

/** One batch after another: how long each takes. */
async function latencies(run: () => Promise<void>, seconds: number): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end || times.length < warmUpBatches) {
    const startedAt = performance.now();
    await run();
    times.push(performance.now() - startedAt);
  }
  return times.toSorted((a, b) => a - b);
}

/** As many as go through, with one that waits behind the one at work. */
async function batchesPerSecond(run: () => Promise<void>, seconds: number): Promise<number> {
  const startedAt = performance.now();
  let count = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() - startedAt < seconds * 1000) {
      await run();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return count / ((performance.now() - startedAt) / 1000);
}

/**
 * Loads the models as the worker does and measures what they do with batches of one size.
 *
 * @throws {ConfigError} for an environment that is not valid; what loading and running the models throws.
 */
export async function measureEngine(options: MeasureOptions): Promise<EngineResult> {
  const { batchSize, seconds, logger } = options;
  const config = parseConfig({ ...options.env, BATCH_SIZE: String(batchSize) });
  await using models = await loadModels({ ...modelOptions(config), logger }); // a run that is lost fails the measurement
  const run = createBatchRun(models, options);
  for (let batch = 0; batch < warmUpBatches; batch += 1) await run();
  const times = await latencies(run, seconds);
  const busy: number[] = [];
  await using poller = createGpuPoller({
    intervalMs: pollGpuMs,
    telemetry: {
      setGpuSamples: ([first]) => {
        if (first?.utilizationPct !== undefined) busy.push(first.utilizationPct / 100);
      },
    },
  });
  await poller.poll(); // of the time before
  busy.length = 0;
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const rate = await batchesPerSecond(run, seconds);
  const { user, system } = process.cpuUsage(before);
  const elapsedUs = (performance.now() - startedAt) * 1000;
  return {
    batchSize,
    framesPerSecond: rate * batchSize,
    p50Ms: nearestRank(times, 0.5),
    p99Ms: nearestRank(times, 0.99),
    cpuShare: (user + system) / elapsedUs / availableParallelism(),
    gpuShare: busy.length === 0 ? undefined : busy.reduce((sum, share) => sum + share, 0) / busy.length,
  };
}
