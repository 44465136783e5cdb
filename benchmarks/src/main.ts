/** npm run bench: how fast the worker is, beside what this machine could do at most. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Benchmark, BenchmarkContext } from './benchmark.ts';
import { device } from './benchmarks/device.ts';
import { eventLoop } from './benchmarks/event-loop.ts';
import { growth } from './benchmarks/growth.ts';
import { latency } from './benchmarks/latency.ts';
import { serialisation } from './benchmarks/serialisation.ts';
import { throughput } from './benchmarks/throughput.ts';
import { describeMachine, type Machine } from './machine.ts';
import { demoModels, findModels } from './models.ts';
import { type BenchOptions, parseOptions } from './options.ts';
import { replaceFigures } from './performance-document.ts';
import { loadPictures } from './pictures.ts';
import { markdownReport, type Section } from './report.ts';
import { startWorld } from './world.ts';

const known: readonly Benchmark[] = [throughput, latency, device, growth, eventLoop, serialisation];
const document = new URL('../../docs/PERFORMANCE.md', import.meta.url);

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.on(signal, () => process.exit(code)); // children end with us
}
process.on('disconnect', () => process.exit(129));
process.channel?.unref();

function introduce(machine: Machine, { models, pictures, quick, repetitions }: BenchmarkContext): string {
  const date = new Date().toISOString().slice(0, 10);
  const files = [models.detector, models.face, models.embedder].map((path) => basename(path)).join(', ');
  return [
    `${quick ? 'A QUICK run, rough figures' : 'Run'} of ${date}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, Node ${machine.node}, load before ${machine.loadBefore}.`,
    `Models ${files}; ${pictures.length} pictures of 640x640. Medians of interleaved repetitions, ${repetitions} at most.`,
  ].join('\n');
}

async function run(options: BenchOptions): Promise<void> {
  const machine = describeMachine();
  const models = findModels(options.models);
  const pictures = await loadPictures(options.frames);
  await using world = await startWorld();
  const context: BenchmarkContext = {
    world,
    pictures,
    models,
    quick: options.quick,
    repetitions: options.repetitions,
    command: (name) => `npm run bench -- ${[name, options.given].filter(Boolean).join(' ')}`,
    say: (text) => process.stderr.write(`  ${text}\n`),
  };
  const sections: Section[] = [];
  for (const benchmark of options.benchmarks) {
    process.stderr.write(`${benchmark.name}: ${benchmark.about}\n`);
    try {
      sections.push(await benchmark.run(context));
    } catch (error) {
      // The others took half an hour, and are worth as much without it.
      process.exitCode = 1;
      process.stderr.write(`${benchmark.name} FAILED: ${(error as Error).stack}\n`);
    }
  }
  const demo = options.models === demoModels;
  const suffix = demo ? '' : ` with ${basename(models.detector)}`;
  const figures = `${introduce(machine, context)}\n\n${markdownReport(sections, suffix)}`;
  process.stdout.write(`${figures}\n`);
  if (options.json !== undefined)
    writeFileSync(
      options.json,
      `${JSON.stringify({ machine, models, quick: options.quick, sections }, null, 2)}\n`,
    );
  if (options.write && sections.length > 0)
    writeFileSync(
      document,
      replaceFigures(readFileSync(document, 'utf8'), figures, demo ? 'demo models' : 'other models'),
    );
}

try {
  await run(parseOptions(process.argv.slice(2), known, process.env['INIT_CWD'] ?? process.cwd()));
} catch (error) {
  process.stderr.write(`${error instanceof RangeError ? error.message : (error as Error).stack}\n`);
  process.exitCode = error instanceof RangeError ? 2 : 1;
}
process.exit();
