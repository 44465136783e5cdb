import type { Benchmark, BenchmarkContext } from '../benchmark.ts';
import { quantileBetween, type Sample } from '../metrics-text.ts';
import { modelEnv } from '../models.ts';
import { playPaced } from '../paced-scenario.ts';
import type { Section } from '../report.ts';
import { interleave, medians, percentile } from '../statistics.ts';
import { measureThroughput } from '../throughput-scenario.ts';
import { startWorker, type Worker } from '../worker.ts';

const stages = ['queue', 'decode', 'batch_wait', 'detect', 'align', 'embed', 'publish', 'ack'] as const;
const quantiles = [0.5, 0.95, 0.99] as const;
const cameras = 8;

async function playAt(context: BenchmarkContext, framesPerSecond: number): Promise<Record<string, number>> {
  const { testStack, pictures, models, quick } = context;
  let before: Sample[] = [];
  let after: Sample[] = [];
  const result = await playPaced({
    testStack,
    pictures,
    cameras,
    fps: framesPerSecond / cameras,
    seconds: quick ? 5 : 20,
    start: (scenario) => startWorker({ ...scenario.env, ...modelEnv(models) }),
    onEdge: async (worker: Worker, edge) => {
      if (edge === 'begin') before = await worker.metrics();
      else after = await worker.metrics();
    },
  });
  const rows: Record<string, number> = {};
  for (const quantile of quantiles) {
    for (const stage of stages) {
      const seconds = quantileBetween(before, after, 'trinetra_stage_latency_seconds', { stage }, quantile);
      rows[`${stage} ${quantile}`] = 1000 * seconds;
    }
    rows[`XADD to broker ${quantile}`] = percentile(result.latencies, quantile);
  }
  return rows;
}

/** Where the time of a frame goes, with real models and room to spare. */
export const latency: Benchmark = {
  name: 'latency',
  about: 'latency by stage with the real models, at 50 and 80 % of what the worker can do',
  async run(context): Promise<Section> {
    const { testStack, pictures, models, quick } = context;
    const { framesPerSecond } = await measureThroughput({
      testStack,
      backlog: { cameras, frames: quick ? 300 : 1200, pictures },
      start: (scenario) => startWorker({ ...scenario.env, ...modelEnv(models) }),
    });
    const loads = [0.5, 0.8];
    const scenarios = Object.fromEntries(
      loads.map((load) => [`${100 * load} % load`, () => playAt(context, load * framesPerSecond)]),
    );
    const all = await interleave(scenarios, Math.min(3, context.repetitions), context.say);
    return {
      name: 'latency',
      title: 'Latency by stage',
      command: context.command('latency'),
      tables: [...all].map(([load, results]) => {
        const row = medians(results);
        return {
          title: `${load}: 8 cameras, together ${((Number.parseInt(load, 10) * framesPerSecond) / 100).toFixed(1)} frames/s; ms`,
          columns: ['stage', 'p50', 'p95', 'p99'],
          rows: [...stages, 'XADD to broker'].map((stage) => [
            stage,
            ...quantiles.map((quantile) => row[`${stage} ${quantile}`] ?? Number.NaN),
          ]),
          note: 'Stages from the histograms of /metrics, linear within a bucket; the last row is measured frame by frame.',
        };
      }),
      targets: [],
    };
  },
};
