import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Benchmark, BenchmarkContext } from '../benchmark.ts';
import { modelEnv } from '../models.ts';
import type { Section } from '../report.ts';
import { simulatedEngine } from '../simulated-engine.ts';
import { interleave, medians } from '../statistics.ts';
import { measureThroughput } from '../throughput-scenario.ts';
import { startWorker } from '../worker.ts';

type Numbers = Readonly<Record<string, number>>;

const preload = fileURLToPath(new URL('../observe.mjs', import.meta.url));
const limitMs = 10_000;

async function linesOf(file: string, count: number): Promise<Numbers[]> {
  const end = performance.now() + limitMs;
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => ''); // not there before the first line
    const lines = text.trim().split('\n').filter(Boolean);
    if (lines.length >= count) return lines.map((line) => JSON.parse(line) as Numbers);
    if (performance.now() > end) throw new Error('the worker did not answer SIGUSR2');
    await delay(10);
  }
}

async function observe(
  context: BenchmarkContext,
  frames: number,
  env: Readonly<Record<string, string>>,
): Promise<Numbers> {
  const { testStack, pictures, models, quick } = context;
  const folder = await mkdtemp(join(tmpdir(), 'trinetra-bench-'));
  const file = join(folder, 'observed');
  try {
    const window = await measureThroughput({
      testStack,
      backlog: { cameras: 8, frames: quick ? frames / 4 : frames, pictures },
      start: (scenario) =>
        startWorker({ ...scenario.env, ...modelEnv(models), ...env, OBSERVE_FILE: file }, [
          `--import=${preload}`,
        ]),
      onWindow: async (worker, edge) => {
        worker.signal('SIGUSR2');
        await linesOf(file, edge === 'begin' ? 1 : 2);
      },
    });
    const [before = {}, after = {}] = await linesOf(file, 2);
    const {
      p50Ms = 0,
      p99Ms = 0,
      maxMs = 0,
      collections = 0,
      pauseMs = 0,
      heapMb = 0,
      externalMb = 0,
    } = after;
    return {
      framesPerSecond: window.framesPerSecond,
      p50Ms,
      p99Ms,
      maxMs,
      collectionsPerSecond: collections / window.seconds,
      pauseShare: pauseMs / 1000 / window.seconds,
      heapMb,
      heapGrowthMb: heapMb - (before['heapMb'] ?? 0),
      externalMb,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether the main thread stays responsive under full load. */
export const eventLoop: Benchmark = {
  name: 'event-loop',
  about: 'delays of the event loop, garbage collection and heap under full load',
  async run(context): Promise<Section> {
    const scenarios: Record<string, () => Promise<Numbers>> = {
      'real models': () => observe(context, 1200, {}),
      'engine of zero cost, nobody': () =>
        observe(context, 6000, simulatedEngine({ device: 'zero', persons: 0, batchSize: 4 })),
      'engine of zero cost, 10 persons': () =>
        observe(context, 1200, simulatedEngine({ device: 'zero', persons: 10, batchSize: 4 })),
    };
    const all = await interleave(scenarios, Math.min(3, context.repetitions), context.say);
    const results = [...all].map(([name, rows]) => [name, medians(rows)] as const);
    const p99 = results[0]?.[1]['p99Ms'] ?? Number.NaN;
    return {
      name: 'event-loop',
      title: 'The event loop under full load',
      command: context.command('event-loop'),
      tables: [
        {
          title: '',
          columns: [
            'load',
            'frames/s',
            'delay p50 ms',
            'p99',
            'longest',
            'collections/s',
            'share of pauses',
            'heap MB',
            'grown MB',
            'external MB',
          ],
          rows: results.map(([name, row]) => [name, ...Object.values(row)]),
          note: 'Of the main thread. Delays are those of a 2 ms timer beyond its time, so on a machine with no core to spare the wait for one is part of them.',
        },
      ],
      targets: [
        {
          what: 'delay of the event loop under full load, P99',
          wanted: '<= 10 ms',
          measured: `${p99.toFixed(1)} ms`,
          met: p99 <= 10,
        },
      ],
    };
  },
};
