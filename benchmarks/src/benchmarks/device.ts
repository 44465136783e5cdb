import { setTimeout as delay } from 'node:timers/promises';
import { remaining, writeBacklog } from '../backlog.ts';
import type { Benchmark, BenchmarkContext } from '../benchmark.ts';
import { designLatency, idealLatencies, ownTimes } from '../ideal-worker.ts';
import { modelEnv } from '../models.ts';
import { type PacedResult, playPaced } from '../paced-scenario.ts';
import type { Section, Table, Target } from '../report.ts';
import { busyShare, simulatedEngine } from '../simulated-engine.ts';
import { interleave, medians, percentile } from '../statistics.ts';
import { startWorker } from '../worker.ts';

type Numbers = Readonly<Record<string, number>>;

const timeoutMs = 20;
/** A proof of the engine would be one run more than the frames need. */
const noProof = { PROBE_INTERVAL_MS: '86400000' };
/** About the length to which the ingestor trims streams. */
const maxlen = 100;

interface Play {
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
async function workersTogether(context: BenchmarkContext, count: number): Promise<Numbers> {
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

const seed: Readonly<Record<number, readonly [string, string, string]>> = {
  1: ['~30 %', '25 ms', '~40'],
  4: ['~70 %', '70 ms', '~57'],
  8: ['~90 %', '140 ms', '~57'],
};

function seedTable(results: ReadonlyMap<string, Numbers>): Table {
  const percent = (share = 0): string => `${(100 * share).toFixed(1)} %`;
  return {
    title: 'The table of the design, at 8 cameras x 15 fps',
    columns: [
      'N',
      'engine busy',
      'design',
      'engine ms',
      'P99 ms, XADD to broker',
      'ideal worker',
      'design',
      'frames/s',
      'design',
      'mean batch',
    ],
    rows: [1, 4, 8].map((n) => {
      const row = results.get(`N=${n}`) ?? {};
      const [busy = '', latency = '', fps = ''] = seed[n] ?? [];
      return [
        String(n),
        percent(row['busy']),
        busy,
        designLatency(n),
        row['p99'] ?? 0,
        row['ideal99'] ?? 0,
        latency,
        row['framesPerSecond'] ?? 0,
        fps,
        row['batch'] ?? 0,
      ];
    }),
    note:
      "120 frames/s come and 40 to 57 leave: frames wait in Redis, and their latency grows until MAXLEN drops the oldest. The design's P99 is that of the engine alone. " +
      'The engine is busy all the time, and not for 30 to 90 %: batches are prepared while it works, so nothing is left for it to wait for. (Utilisation in the design is that of the ' +
      "GPU's units within a run, which no timer can show.) The ideal worker costs nothing itself and has the same arrivals.",
  };
}

function targetsOf(results: ReadonlyMap<string, Numbers>): Target[] {
  const of = (name: string, field: string): number => results.get(name)?.[field] ?? Number.NaN;
  const busy = of('N=4', 'busy');
  const own = of('80 % load', 'own99');
  const lone = of('lone frames', 'leaves99');
  const four = of('4 workers', 'framesPerSecond') / of('1 worker', 'framesPerSecond');
  return [
    {
      what: 'engine of 70 ms at N=4: busy while frames wait',
      wanted: '>= 98 %',
      measured: `${(100 * busy).toFixed(1)} %`,
      met: busy >= 0.98,
    },
    {
      what: "80 % load: P99 of a frame's time without the engine's and the wait for the batch",
      wanted: '<= 10 ms',
      measured: `${own.toFixed(1)} ms`,
      met: own <= 10,
    },
    {
      what: 'a lone frame at idle: from its XADD until its batch leaves, P99',
      wanted: '<= 22 ms',
      measured: `${lone.toFixed(1)} ms`,
      met: lone <= 22,
    },
    {
      what: '4 workers over one, each with a device',
      wanted: '>= 3.8',
      measured: four.toFixed(2),
      met: four >= 3.8,
    },
  ];
}

/** A simulated GPU: an engine that takes the time of the design's table and no CPU. */
export const device: Benchmark = {
  name: 'device',
  about: 'an engine with the latencies of the design: its table, 80 % load, a lone frame, 1, 2 and 4 workers',
  async run(context): Promise<Section> {
    const seconds = context.quick ? 5 : 20;
    const at = (given: Play) => async () => summarise(await play(context, given), given);
    const eightyPercent = (0.8 * 4000) / designLatency(4) / 8;
    const scenarios: Record<string, () => Promise<Numbers>> = {
      ...Object.fromEntries(
        [1, 4, 8].map((batchSize) => [`N=${batchSize}`, at({ batchSize, cameras: 8, fps: 15, seconds })]),
      ),
      '80 % load': at({
        batchSize: 4,
        cameras: 8,
        fps: eightyPercent,
        warmUpSeconds: seconds,
        seconds: 2 * seconds,
      }),
      'lone frames': at({
        batchSize: 4,
        cameras: 1,
        fps: 5,
        warmUpSeconds: seconds / 2,
        seconds: 2 * seconds,
      }),
      '1 worker': () => workersTogether(context, 1),
      '2 workers': () => workersTogether(context, 2),
      '4 workers': () => workersTogether(context, 4),
    };
    const all = await interleave(scenarios, Math.min(3, context.repetitions), context.say);
    const results = new Map([...all].map(([name, rows]) => [name, medians(rows)] as const));
    const load = ['80 % load', 'lone frames'].map((name) => {
      const row = results.get(name) ?? {};
      const fields = [
        ...['p50', 'p95', 'p99', 'ideal50', 'ideal99', 'own50', 'own99', 'ownCold99', 'batch'],
        ...['leaves50', 'leaves99', 'begins50', 'begins99', 'stolen'],
      ];
      return [name, ...fields.map((field) => row[field] ?? Number.NaN)];
    });
    const single = results.get('1 worker')?.['framesPerSecond'] ?? Number.NaN;
    return {
      name: 'device',
      title: 'An engine with the latencies of the design',
      command: context.command('device'),
      tables: [
        seedTable(results),
        {
          title: 'Latency, ms, XADD to broker',
          columns: [
            'load',
            'p50',
            'p95',
            'p99',
            'ideal p50',
            'ideal p99',
            'own p50',
            'own p99',
            'while warming up',
            'mean batch',
            'alone: XADD to leaving p50',
            'p99',
            'XADD to engine p50',
            'p99',
            'machine stolen',
          ],
          rows: load,
          note: "The ideal worker costs nothing itself and has the same arrivals; a frame that comes a little late to a run waits for the whole next one, so small delays grow. Own: what a frame took besides the engine's time and the wait for its batch, that is how much later than by the rule its run began, and from the end of the run until the broker had its event. Warming up: the first third of the time, a fifth of that of lone frames, which the other figures leave out; V8 compiles what runs often then, on the same cores. Stolen: the hypervisor ran others meanwhile, for milliseconds at a time.",
        },
        {
          title: 'Workers on one machine, each with a device of its own',
          columns: ['workers', 'frames/s', 'over one'],
          rows: [1, 2, 4].map((count) => {
            const rate =
              results.get(count === 1 ? '1 worker' : `${count} workers`)?.['framesPerSecond'] ?? Number.NaN;
            return [String(count), rate, rate / single];
          }),
        },
      ],
      targets: targetsOf(results),
    };
  },
};
