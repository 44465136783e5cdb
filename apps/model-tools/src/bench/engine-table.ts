import { formatTable } from '@trinetra/program';
import { type Advice, type EngineResult, plannedShare } from './engine-result.ts';

const headers = ['Batch N', 'GPU busy', 'CPU busy', 'Latency p50', 'Latency P99', 'Effective FPS'] as const;

const percent = (share: number | undefined): string =>
  share === undefined ? '-' : `${(100 * share).toFixed(0)} %`;

const milliseconds = (ms: number): string => `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;

/** The table of batch sizes, as text. */
export function formatResults(results: readonly EngineResult[]): string {
  const body = results.map(({ batchSize, framesPerSecond, p50Ms, p99Ms, cpuShare, gpuShare }) => [
    String(batchSize),
    percent(gpuShare),
    percent(cpuShare),
    milliseconds(p50Ms),
    milliseconds(p99Ms),
    framesPerSecond.toFixed(framesPerSecond < 100 ? 1 : 0),
  ]);
  return formatTable([headers, 'rule', ...body], 0).join('\n');
}

/** What to set, in two sentences. */
export function formatAdvice({ batchSize, cameras, framesPerSecond }: Advice, fps: number): string {
  const planned = (plannedShare * framesPerSecond).toFixed(1);
  const carried = cameras === 1 ? '1 camera' : `${cameras} cameras`;
  return [
    `BATCH_SIZE=${batchSize}: ${framesPerSecond.toFixed(1)} frames/s, and no larger batch does 5 % more.`,
    cameras === 0
      ? `At 80 % load that is ${planned} frames/s: too few for a camera at ${fps} frames/s, enough for one at ${planned}.`
      : `At 80 % load that carries ${carried} at ${fps} frames/s each.`,
  ].join('\n');
}
