import type { Benchmark } from '../benchmark.ts';
import { designLatency } from '../ideal-worker.ts';
import type { Section, Table, Target } from '../report.ts';
import { interleave, medians } from '../statistics.ts';
import { measure, type Numbers, type Play, workersTogether } from './device-scenarios.ts';

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
    const at = (given: Play) => () => measure(context, given);
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
