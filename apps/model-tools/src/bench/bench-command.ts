import { writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { ConfigError } from '@trinetra/env-settings';
import { chooseModels } from '@trinetra/model-roles';
import { letHeapGrow } from '@trinetra/person-pipeline';
import { createLogger } from '@trinetra/telemetry';
import type { Command } from 'commander';
import { drawPlot } from './engine-plot.ts';
import { adviseOn, type EngineResult } from './engine-result.ts';
import { formatAdvice, formatResults } from './engine-table.ts';
import { measureEngine } from './measure-engine.ts';

interface BenchValues {
  readonly models: string;
  readonly fps: string;
  readonly persons: string;
  readonly seconds: string;
  readonly batchSizes: string;
  readonly plot: string;
  readonly json?: true;
}

interface BenchOptions {
  readonly fps: number;
  readonly persons: number;
  readonly seconds: number;
  readonly batchSizes: readonly number[];
}

function parse(values: BenchValues): BenchOptions {
  const problems: string[] = [];
  const number = (
    name: 'fps' | 'persons' | 'seconds',
    least: number,
    most: number,
    whole: boolean,
  ): number => {
    const value = values[name].trim() === '' ? Number.NaN : Number(values[name]);
    if (!(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
      const kind = whole ? 'a whole number' : 'a number';
      problems.push(`--${name}: expected ${kind} in ${least}..${most} but received "${values[name]}"`);
    }
    return value;
  };
  const batchSizes = values.batchSizes.split(',').map(Number);
  if (!batchSizes.every((size) => Number.isInteger(size) && size >= 1 && size <= 64)) {
    problems.push(
      `--batch-sizes: expected whole numbers in 1..64 like 1,2,4 but received "${values.batchSizes}"`,
    );
  }
  const options = {
    batchSizes: batchSizes.toSorted((a, b) => a - b),
    fps: number('fps', 0.01, 1000, false),
    persons: number('persons', 0, 100, true),
    seconds: number('seconds', 0.1, 3600, false),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return options;
}

/** Which models, and what they had to do; the line below the title of the plot. */
function describeRun(models: Readonly<Record<string, string | undefined>>, persons: number): string {
  const files = Object.values(models).flatMap((path) => (path === undefined ? [] : [basename(path)]));
  return `${files.join(', ')}; ${persons === 1 ? '1 person' : `${persons} persons`} a frame`;
}

async function bench(values: BenchValues): Promise<void> {
  letHeapGrow(); // as the worker does
  const { fps, persons, seconds, batchSizes } = parse(values);
  const { models, notes } = await chooseModels(resolve(values.models), {
    engines: true,
    needed: ['detector', 'embedder'],
  });
  const logger = createLogger({ level: 'warn', name: 'trinetra-worker', workerId: 'bench' });
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  for (const note of notes) say(note);
  const env = {
    ...process.env,
    YOLO_ENGINE_PATH: models.detector,
    ARCFACE_ENGINE_PATH: models.embedder,
    ...(models.face === undefined ? {} : { FACE_MODEL_PATH: models.face }),
  };
  const results: EngineResult[] = [];
  for (const batchSize of batchSizes) {
    say(`measuring batches of ${batchSize} ...`);
    results.push(await measureEngine({ env, batchSize, persons, seconds, logger }));
  }
  const advice = adviseOn(results, fps);
  const plot = resolve(values.plot);
  writeFileSync(plot, drawPlot(results, describeRun(models, persons)));
  if (values.json === true)
    process.stdout.write(`${JSON.stringify({ results, advice, fps, persons, plot })}\n`);
  else process.stdout.write(`${formatResults(results)}\n\n${formatAdvice(advice, fps)}\nPlot: ${plot}\n`);
}

/** Adds `trinetra-models bench`: what this machine does with the user's models, and what to set. */
export function addBenchCommand(program: Command): void {
  program
    .command('bench')
    .description('Measures your models on this machine, batch size by batch size, without Redis and Kafka.')
    .requiredOption(
      '--models <folder>',
      'folder with a YOLO model, an ArcFace or EdgeFace, and a YuNet or SCRFD, of any names',
    )
    .option('--fps <f>', 'frames per second of each camera, for the advice', '15')
    .option('--persons <n>', 'persons a frame, whose faces are aligned and embedded', '2')
    .option('--seconds <s>', 'length of each measurement; there are two a batch size', '5')
    .option('--batch-sizes <list>', 'frames a batch', '1,2,4,8,16')
    .option('--plot <file>', 'SVG file to write', 'trinetra-bench.svg')
    .option('--json', 'one JSON line in place of the table')
    .addHelpText('after', '\nThreads and run sizes are taken from the environment, as the worker does.')
    .action(bench);
}
