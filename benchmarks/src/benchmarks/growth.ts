import { defined } from '@trinetra/contracts';
import { streamOf } from '../backlog.ts';
import type { Benchmark, BenchmarkContext } from '../benchmark.ts';
import { modelEnv } from '../models.ts';
import { residentMegabytes } from '../process-usage.ts';
import type { Section, Table, Target } from '../report.ts';
import { simulatedEngine } from '../simulated-engine.ts';
import { interleave, medians } from '../statistics.ts';
import { measureThroughput } from '../throughput-scenario.ts';
import { startWorker } from '../worker.ts';

type Numbers = Readonly<Record<string, number>>;

const batchSize = 4;
const cameraCounts = [1, 8, 40, 200, 1000] as const;
const personCounts = [0, 1, 10, 50] as const;
const depths = [400, 1500, 6000] as const;
/** These are compared. They run more often, because resident memory differs by 10 % from run to run. */
const comparedCounts = [8, 40, 1000] as const;
const moreRepetitions = 4;

interface Load {
  readonly cameras: number;
  readonly frames: number;
  readonly persons: number;
}

async function measure(context: BenchmarkContext, { cameras, frames, persons }: Load): Promise<Numbers> {
  const { testStack, pictures, models } = context;
  let residentMb = Number.NaN;
  let unfairness = Number.NaN;
  const engine = simulatedEngine({ device: 'zero', persons, batchSize });
  const result = await measureThroughput({
    testStack,
    backlog: { cameras, frames, pictures },
    start: (scenario) => startWorker({ ...scenario.env, ...modelEnv(models), ...engine }),
    onWindow: async ({ pid }, edge) => {
      if (edge === 'begin') {
        const lengths = await Promise.all(
          Array.from({ length: cameras }, (_, camera) => testStack.redis.xlen(streamOf(camera))),
        );
        unfairness = Math.max(...lengths) - Math.min(...lengths);
      } else residentMb = residentMegabytes(pid);
    },
  });
  const scripts = result.redisCalls.get('evalsha') ?? Number.NaN;
  return {
    framesPerSecond: result.framesPerSecond,
    cpuMsPerFrame: result.cpuMsPerFrame,
    redisCpuMsPerFrame: result.redisCpuMsPerFrame,
    residentMb,
    roundTrips: (batchSize * scripts) / result.frames,
    unfairness,
  };
}

function table(
  title: string,
  first: string,
  results: ReadonlyMap<string, Numbers>,
  prefix: string,
  note?: string,
): Table {
  return {
    title,
    columns: [
      first,
      'frames/s',
      'CPU ms a frame',
      'Redis CPU ms a frame',
      'resident MB',
      'Redis round trips a batch',
      'served, most - least',
    ],
    rows: [...results]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, row]) => [
        name.slice(prefix.length + 1),
        row['framesPerSecond'] ?? 0,
        row['cpuMsPerFrame'] ?? 0,
        row['redisCpuMsPerFrame'] ?? 0,
        row['residentMb'] ?? 0,
        row['roundTrips'] ?? 0,
        row['unfairness'] ?? 0,
      ]),
    ...defined({ note }),
  };
}

function targetsOf(results: ReadonlyMap<string, Numbers>): Target[] {
  const spread = (field: string): number => {
    const values = comparedCounts.map((count) => results.get(`cameras ${count}`)?.[field] ?? Number.NaN);
    return Math.max(...values) / Math.min(...values) - 1;
  };
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  const [memory, cpu] = [spread('residentMb'), spread('cpuMsPerFrame')];
  const trips = Math.max(
    ...[8, 40].map((count) => results.get(`cameras ${count}`)?.['roundTrips'] ?? Number.NaN),
  );
  const unfair = Math.max(
    ...cameraCounts.map((count) => results.get(`cameras ${count}`)?.['unfairness'] ?? Number.NaN),
  );
  return [
    {
      what: '8, 40 and 1000 cameras: resident memory within',
      wanted: '10 %',
      measured: percent(memory),
      met: memory <= 0.1,
    },
    {
      what: '8, 40 and 1000 cameras: CPU a frame within',
      wanted: '10 %',
      measured: percent(cpu),
      met: cpu <= 0.1,
    },
    {
      what: 'Redis round trips a batch, reading and acking together, housekeeping included',
      wanted: '<= 2.2',
      measured: trips.toFixed(2),
      met: trips <= 2.2,
    },
    {
      what: 'cameras of one priority: served, most - least',
      wanted: `<= ${batchSize}`,
      measured: String(unfair),
      met: unfair <= batchSize,
    },
  ];
}

/** What grows with cameras, persons and waiting frames. */
export const growth: Benchmark = {
  name: 'growth',
  about: '1 to 1000 cameras, 0 to 50 persons a frame, short and long backlogs; engine of zero cost',
  async run(context): Promise<Section> {
    const frames = context.quick ? 800 : 4000;
    const one = (load: Partial<Load>) => () => measure(context, { cameras: 8, frames, persons: 0, ...load });
    type Scenarios = Record<string, () => Promise<Numbers>>;
    const withCameras = (counts: readonly number[]): Scenarios =>
      Object.fromEntries(
        counts.map((cameras) => [
          `cameras ${cameras}`,
          one({ cameras, frames: Math.max(frames, cameras * 4) }),
        ]),
      );
    const scenarios: Scenarios = {
      ...withCameras(cameraCounts),
      ...Object.fromEntries(
        personCounts.map((persons) => [
          `persons ${persons}`,
          one({ persons, frames: persons >= 10 ? frames / 4 : frames }),
        ]),
      ),
      ...Object.fromEntries(depths.map((depth) => [`backlog ${depth}`, one({ frames: depth })])),
    };
    const all = await interleave(scenarios, Math.min(3, context.repetitions), context.say);
    if (!context.quick) {
      const more = await interleave(withCameras(comparedCounts), moreRepetitions, context.say);
      for (const [name, rows] of more) all.get(name)?.push(...rows);
    }
    const results = new Map([...all].map(([name, rows]) => [name, medians(rows)] as const));
    return {
      name: 'growth',
      title: 'Growth',
      command: context.command('growth'),
      tables: [
        table(
          'Cameras',
          'cameras',
          results,
          'cameras',
          `All of one type, all with a backlog.${context.quick ? '' : ` ${comparedCounts.join(', ')} cameras ran ${moreRepetitions} times more than the others, as they are compared.`}`,
        ),
        table(
          'Persons a frame, each with a face',
          'persons',
          results,
          'persons',
          'Crops, alignment and JSON are real; the three models cost nothing.',
        ),
        table('Frames that wait', 'frames', results, 'backlog'),
      ],
      targets: targetsOf(results),
    };
  },
};
