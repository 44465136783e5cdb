import { setTimeout as delay } from 'node:timers/promises';
import { remaining, writeBacklog } from '../backlog.ts';
import type { BenchmarkContext } from '../benchmark.ts';
import { designLatency, idealLatencies, ownTimes } from '../ideal-worker.ts';
import { modelEnv } from '../models.ts';
import { type PacedResult, playPaced } from '../paced-scenario.ts';
import { busyShare, simulatedEngine } from '../simulated-engine.ts';
import { percentile } from '../statistics.ts';
import { startWorker } from '../worker.ts';

/** Figures of one scenario, by name. */
export type Numbers = Readonly<Record<string, number>>;

const timeoutMs = 20;
/** A proof of the engine would be one run more than the frames need. */
const noProof = { PROBE_INTERVAL_MS: '86400000' };
/** About the length to which the ingestor trims streams. */
const maxlen = 100;

/** One play of cameras at a worker over the simulated engine. */
export interface Play {
  readonly batchSize: number;
  readonly cameras: number;
  readonly fps: number;
  readonly seconds: number;
  /** First seconds, whose latencies count apart: V8 still compiles code then. */
  readonly warmUpSeconds?: number;
}

async function play(context: BenchmarkContext, given: Play): Promise<PacedResult> {
  const { testStack, pictures, models } = context;
  const { batchSize, cameras, fps, seconds, warmUpSeconds = 0 } = given;
  return playPaced({
    testStack,
    pictures,
    maxlen,
    cameras,
    fps,
    seconds: warmUpSeconds + seconds,
    start: (scenario, log) => {
      const engine = simulatedEngine({ device: 'latency', persons: 0, batchSize, log });
      return startWorker({ ...scenario.env, ...modelEnv(models), ...engine, ...noProof });
    },
  });
}

function summarise(result: PacedResult, { batchSize, warmUpSeconds = 0 }: Play): Numbers {
  const { arrivals, departures, firstAt, runs, span, seconds, written, published } = result;
  const ideal = idealLatencies(arrivals, { batchSize, timeoutMs, latencyOf: designLatency });
  const known = runs.map((run) => ({
    ...run,
    startMs: run.startMs - firstAt,
    endMs: run.endMs - firstAt,
  }));
  const own = ownTimes(result, known, { batchSize, timeoutMs });
  // If each frame ran alone: from its XADD until it was sent to the engine. The last one is sent after the span.
  const alone = departures.length === runs.length && runs.length >= arrivals.length - 1;
  const leaves = alone ? departures.map((ms, at) => ms - firstAt - (arrivals[at] ?? Number.NaN)) : [];
  const begins = alone ? known.map(({ startMs }, at) => startMs - (arrivals[at] ?? Number.NaN)) : [];
  const frames = runs.reduce((sum, { batch }) => sum + batch, 0);
  const warm = arrivals.filter((at) => at < 1000 * warmUpSeconds).length;
  const latencies = result.latencies.slice(warm);
  const idealWarm = ideal.slice(warm);
  return {
    framesPerSecond: frames / seconds,
    busy: busyShare(runs, ...span),
    batch: frames / runs.length,
    p50: percentile(latencies, 0.5),
    p95: percentile(latencies, 0.95),
    p99: percentile(latencies, 0.99),
    ideal50: percentile(idealWarm, 0.5),
    ideal99: percentile(idealWarm, 0.99),
    own50: percentile(own.slice(warm), 0.5),
    own99: percentile(own.slice(warm), 0.99),
    ownCold99: percentile(own.slice(0, warm), 0.99),
    leaves50: percentile(leaves.slice(warm), 0.5),
    leaves99: percentile(leaves.slice(warm), 0.99),
    begins50: percentile(begins.slice(warm), 0.5),
    begins99: percentile(begins.slice(warm), 0.99),
    stolen: result.stolenShare,
    evicted: written - published,
  };
}

/** Frames/s of several workers together, each with its own device. */
export async function workersTogether(context: BenchmarkContext, count: number): Promise<Numbers> {
  const { testStack, pictures, models, quick } = context;
  const cameras = 8;
  const frames = (quick ? 200 : 800) * count;
  const scenario = await testStack.newScenario();
  await writeBacklog(testStack.redis, { cameras, frames, pictures });
  await using stack = new AsyncDisposableStack();
  const engine = simulatedEngine({ device: 'latency', persons: 0, batchSize: 4 });
  for (let index = 0; index < count; index += 1) {
    const env = { ...scenario.env, ...modelEnv(models), ...engine, CONSUMER_NAME: `worker-${index}` };
    stack.use(await startWorker(env));
  }
  const downTo = async (limit: number): Promise<{ at: number; left: number }> => {
    for (;;) {
      const left = await remaining(testStack.redis, cameras);
      if (left <= limit) return { at: performance.now(), left };
      await delay(100);
    }
  };
  const from = await downTo(frames * 0.7);
  const to = await downTo(frames * 0.1);
  return { framesPerSecond: (from.left - to.left) / ((to.at - from.at) / 1000) };
}

/** Plays it, and sums it up. */
export const measure = async (context: BenchmarkContext, given: Play): Promise<Numbers> =>
  summarise(await play(context, given), given);
