import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { type Logger, valueOrThrow } from '@trinetra/contracts';
import { sizeText } from '@trinetra/detector';
import { embedderRunSizes } from '@trinetra/embedder';
import { faceRunSizes } from '@trinetra/face-aligner';
import { findOnnxRuntime, gpuOfDevice, readGpus } from '@trinetra/inference-runtime';
import { levelFrame, loadModels, type Models } from '@trinetra/person-pipeline';
import { modelOptions } from '@trinetra/person-pipeline/settings';
import { createGpuPoller, createLogLimiter, type GpuSample } from '@trinetra/telemetry';
import type { Settings } from '../config.ts';

/** Latencies of the runs of one size, ms. */
interface Timing {
  readonly runs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly itemsPerSecond: number;
}

export interface SelftestOptions {
  readonly config: Settings;
  readonly version: string;
  readonly logger: Logger;
  /** How long each stage is run, s. */
  readonly seconds: number;
  /** Where the report goes besides standard output. */
  readonly output: string | undefined;
}

/** The timing of all stages in turn. */
const inTurn = 'all in turn';

/** GPU memory may move by as much without a cause of ours: a desktop, another process. MiB. */
const memorySlackMb = 64;

async function timed(items: number, seconds: number, run: () => Promise<unknown>): Promise<Timing> {
  const times: number[] = [];
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end || times.length === 0) {
    const startedAt = performance.now();
    await run();
    times.push(performance.now() - startedAt);
  }
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(100 * (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)) / 100;
  const total = times.reduce((sum, time) => sum + time, 0);
  return {
    runs: times.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    itemsPerSecond: Math.round((10_000 * items * times.length) / total) / 10,
  };
}

/** All stages in all their sizes, one after the other; {@link inTurn} is all of them in turn, as a worker runs them. */
async function timings(models: Models, config: Settings, seconds: number): Promise<Record<string, Timing>> {
  const { detector, aligner, embedder, alignTogether } = models;
  const items = config.BATCH_SIZE;
  const image = {
    data: Uint8Array.from({ length: 640 * 640 * 3 }, (_, at) => at % 251),
    width: 640,
    height: 640,
  };
  const person = [100, 50, 300, 600] as const;
  const face = Uint8Array.from({ length: 112 * 112 * 3 }, (_, at) => at % 251);
  const stages: { name: string; items: number; run: () => Promise<unknown> }[] = [
    ...detector.inputSizes.map((size) => {
      const frame = levelFrame(detector, size, (at) => at % 251);
      const frames = Array.from({ length: items }, () => frame);
      const run = async (): Promise<unknown> => (await detector.detect(frames)).map(valueOrThrow);
      return { name: `detector x${items} ${sizeText(size)}`, items, run };
    }),
    ...(alignTogether ? faceRunSizes : [1]).map((crops) => ({
      name: `face x${crops}`,
      items: crops,
      run: () => aligner.align([{ image, persons: Array.from({ length: crops }, () => person) }]),
    })),
    ...embedderRunSizes(config.EMBED_SUB_BATCH).map((faces) => ({
      name: `embedder x${faces}`,
      items: faces,
      run: () => embedder.embed(Array.from({ length: faces }, () => face)),
    })),
  ];
  const result: Record<string, Timing> = {};
  for (const { name, items, run } of stages) result[name] = await timed(items, seconds, run);
  result[inTurn] = await timed(items, seconds, async () => {
    for (const { run } of stages) await run();
  });
  return result;
}

/**
 * What is wrong where stages in turn take much longer than each by itself: a provider that tunes itself anew for every size loses a
 * second each time, which no stage alone shows.
 */
function problemOfTurns({ [inTurn]: turns, ...alone }: Readonly<Record<string, Timing>>): string[] {
  const sum = Object.values(alone).reduce((total, { p50Ms }) => total + p50Ms, 0);
  if (turns === undefined || turns.p50Ms < 3 * sum + 50) return [];
  return [`stages in turn take ${turns.p50Ms} ms but only ${Math.round(sum)} ms each by itself`];
}

/**
 * Loads the models as the worker would, proves them, runs each in its sizes, and watches the memory of the GPU: what a
 * machine with a GPU has to show, in one command. Prints the report as JSON.
 *
 * @returns Whether all is well.
 * @throws where a model cannot be loaded: the message has every step that was tried.
 */
export async function selftest(options: SelftestOptions): Promise<boolean> {
  const { config, version, logger, seconds, output } = options;
  using limiter = createLogLimiter(logger);
  const samples: GpuSample[] = [];
  await using poller = createGpuPoller({
    telemetry: { setGpuSamples: (now) => samples.splice(0, 99, ...now) },
  });
  const lost: string[] = [];
  const onLost = (error: Error): void => {
    lost.push(error.message);
  };
  const wanted = modelOptions(config);
  await using models = await loadModels({
    ...wanted,
    runtime: { ...wanted.runtime, onStuck: onLost, onDeviceLost: onLost },
    maxConsecutiveFailures: 1,
    logger,
    limitedLog: limiter,
  });
  const { health } = models;
  const gpus = await readGpus();
  const index = gpuOfDevice(gpus, config.GPU_DEVICE_ID)?.index;
  const memory = async (): Promise<number | null> => {
    await poller.poll();
    return samples.find((sample) => sample.index === index)?.memoryUsedMb ?? null;
  };
  await models.proof.prove();
  const warm = await memory();
  const measured = await timings(models, config, seconds);
  const proven = await models.proof.prove();
  const end = await memory();
  const grown = warm !== null && end !== null && end - warm > memorySlackMb;
  const problems = [
    ...(proven ? [] : ['a model does not give what it should: see agreement']),
    ...(health.check().ok ? [] : [`runs failed: ${JSON.stringify(health.check().detail)}`]),
    ...problemOfTurns(measured),
    ...(grown ? [`the memory of the GPU grew from ${warm} to ${end} MiB after the warm-up`] : []),
    ...lost,
  ];
  const onnxRuntime = findOnnxRuntime();
  // To be sent back as it is: it holds no secret and no picture.
  const report = {
    ok: problems.length === 0,
    problems,
    version,
    machine: {
      node: process.version,
      onnxruntime: onnxRuntime.version,
      onnxruntimePackage: onnxRuntime.name,
      platform: `${process.platform} ${process.arch}`,
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      memoryMb: Math.round(totalmem() / 1024 ** 2),
    },
    gpus,
    models: models.loaded,
    agreement: models.proof.check(),
    timings: measured,
    gpuMemoryMb: { warm, end }, // MiB in use: after the warm-up, and at the end
    settings: {
      EXECUTION_PROVIDERS: config.EXECUTION_PROVIDERS,
      REQUIRE_PROVIDER: config.REQUIRE_PROVIDER ?? null,
      GPU_DEVICE_ID: config.GPU_DEVICE_ID,
      BATCH_SIZE: config.BATCH_SIZE,
      EMBED_SUB_BATCH: config.EMBED_SUB_BATCH,
      INFERENCE_THREADS: config.INFERENCE_THREADS ?? null,
    },
  };
  const text = `${JSON.stringify(report, null, 2)}\n`;
  process.stdout.write(text);
  if (output !== undefined) await writeFile(output, text);
  return report.ok;
}
