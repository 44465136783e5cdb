/** npm run bench: the speed of the worker, beside the most that this machine can do. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { TrinetraError } from '@trinetra/contracts';
import { chooseModels } from '@trinetra/model-roles';
import type { Benchmark, BenchmarkContext } from './benchmark.ts';
import { device } from './benchmarks/device.ts';
import { eventLoop } from './benchmarks/event-loop.ts';
import { growth } from './benchmarks/growth.ts';
import { ingestor } from './benchmarks/ingestor.ts';
import { latency } from './benchmarks/latency.ts';
import { serialisation } from './benchmarks/serialisation.ts';
import { throughput } from './benchmarks/throughput.ts';
import { BenchError } from './errors.ts';
import { type FiguresBlock, places, replaceFigures } from './figures-block.ts';
import { describeMachine, type Machine } from './machine.ts';
import { demoModels } from './models.ts';
import { type BenchOptions, parseOptions } from './options.ts';
import { loadPictures } from './pictures.ts';
import { markdownReport, type Section } from './report.ts';
import { startTestStack } from './test-stack.ts';

const known: readonly Benchmark[] = [throughput, latency, device, growth, eventLoop, serialisation, ingestor];
const documents = new URL('../../docs/', import.meta.url);

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => process.exit(code)); // children end with us
}
process.on('disconnect', () => process.exit(129));
process.channel?.unref();

function introduce(
  machine: Machine,
  { models, pictures, quick, repetitions }: BenchmarkContext,
  block: FiguresBlock,
): string {
  const date = new Date().toISOString().slice(0, 10);
  const files = [models.detector, models.face, models.embedder].map((path) => basename(path)).join(', ');
  return [
    `${quick ? 'A QUICK run, rough figures' : 'Run'} of ${date}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, Node ${machine.node}, load before ${machine.loadBefore}.`,
    `Models ${files}; ${pictures.length} pictures${block === 'ingestor' ? '' : ' of 640x640'}. Medians of interleaved repetitions, ${repetitions} at most.`,
  ].join('\n');
}

async function run(options: BenchOptions): Promise<void> {
  const machine = describeMachine();
  const { models, notes } = await chooseModels(options.models);
  for (const note of notes) process.stderr.write(`${note}\n`);
  const pictures = await loadPictures(options.frames);
  await using testStack = await startTestStack();
  const context: BenchmarkContext = {
    testStack,
    pictures,
    frames: options.frames,
    models,
    quick: options.quick,
    repetitions: options.repetitions,
    command: (name) => `npm run bench -- ${[name, options.given].filter(Boolean).join(' ')}`,
    say: (text) => process.stderr.write(`  ${text}\n`),
  };
  const demo = options.models === demoModels;
  const blocks = new Map<FiguresBlock, Section[]>();
  for (const benchmark of options.benchmarks) {
    process.stderr.write(`${benchmark.name}: ${benchmark.about}\n`);
    const block = benchmark.figures ?? (demo ? 'demo models' : 'other models');
    try {
      blocks.set(block, [...(blocks.get(block) ?? []), await benchmark.run(context)]);
    } catch (error) {
      // The others took half an hour, and are valid without it.
      process.exitCode = 1;
      process.stderr.write(`${benchmark.name} FAILED: ${textOf(error)}\n`);
    }
  }
  const suffix = demo ? '' : ` with ${basename(models.detector)}`;
  for (const [block, sections] of blocks) {
    const figures = `${introduce(machine, context, block)}\n\n${markdownReport(sections, suffix)}`;
    process.stdout.write(`${figures}\n`);
    if (!options.write) continue;
    const document = new URL(places[block].document, documents);
    writeFileSync(document, replaceFigures(readFileSync(document, 'utf8'), figures, block));
  }
  if (options.json !== undefined) {
    const sections = [...blocks.values()].flat();
    writeFileSync(
      options.json,
      `${JSON.stringify({ machine, models, quick: options.quick, sections }, null, 2)}\n`,
    );
  }
}

/** About what was given: the command line, or the folder of models. */
function isBadInput(error: unknown): boolean {
  return BenchError.isInstance(error) || (TrinetraError.isInstance(error) && error.code === 'bad_models');
}

/** Expected errors, such as a failing model, are sentences. Anything else is a bug and has a stack. */
function textOf(error: unknown): string {
  if (TrinetraError.isInstance(error)) return error.message;
  return String((error as Error).stack);
}

try {
  await run(parseOptions(process.argv.slice(2), known, process.env['INIT_CWD'] ?? process.cwd()));
} catch (error) {
  process.stderr.write(`${textOf(error)}\n`);
  process.exitCode = isBadInput(error) ? 2 : 1;
}
process.exit();
