import { writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { defined } from '@trinetra/contracts';
import { ConfigError, parseFlags, parser, real, whole } from '@trinetra/env-settings';
import { chooseModels } from '@trinetra/model-roles';
import { letHeapGrow } from '@trinetra/person-pipeline';
import { createLogger } from '@trinetra/telemetry';
import type { Command } from 'commander';
import { z } from 'zod';
import { drawPlot } from './engine-plot.ts';
import { adviseOn, type EngineResult } from './engine-result.ts';
import { formatAdvice, formatResults } from './engine-table.ts';
import { measureEngine } from './measure-engine.ts';

const batchSizes = parser((text) => {
  const sizes = text.split(',').map(Number);
  const fit = sizes.every((size) => Number.isInteger(size) && size >= 1 && size <= 64);
  return fit ? sizes.toSorted((a, b) => a - b) : undefined;
}, 'whole numbers in 1..64 like 1,2,4');

const schema = z.object({
  models: z.string(),
  batchSizes,
  fps: real(0.01, 1000),
  persons: whole(0, 100),
  seconds: real(0.1, 3600),
  plot: z.string(),
  json: z.boolean().default(false),
});

/** Which models, and what they had to do; the line below the title of the plot. */
function describeRun(models: Readonly<Record<string, string | undefined>>, persons: number): string {
  const files = Object.values(models).flatMap((path) => (path === undefined ? [] : [basename(path)]));
  return `${files.join(', ')}; ${persons === 1 ? '1 person' : `${persons} persons`} a frame`;
}

async function bench(given: Readonly<Record<string, unknown>>): Promise<void> {
  letHeapGrow(); // as the worker does
  const values = parseFlags(schema, given, (text) => new ConfigError(text.split('\n')));
  const { fps, persons, seconds } = values;
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
    ...defined({ FACE_MODEL_PATH: models.face }),
  };
  const results: EngineResult[] = [];
  for (const batchSize of values.batchSizes) {
    say(`measuring batches of ${batchSize} ...`);
    results.push(await measureEngine({ env, batchSize, persons, seconds, logger }));
  }
  const advice = adviseOn(results, fps);
  const plot = resolve(values.plot);
  writeFileSync(plot, drawPlot(results, describeRun(models, persons)));
  if (values.json) process.stdout.write(`${JSON.stringify({ results, advice, fps, persons, plot })}\n`);
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
