import { resolve } from 'node:path';
import { Command } from 'commander';
import type { Benchmark } from './benchmark.ts';
import { BenchError } from './errors.ts';
import { demoModels } from './models.ts';

/** The command line, read and validated; paths are absolute. */
export interface BenchOptions {
  readonly benchmarks: readonly Benchmark[];
  readonly quick: boolean;
  /** Of interleaved scenarios, 1..99. */
  readonly repetitions: number;
  /** Put the tables into the documents. */
  readonly write: boolean;
  /** File for the results as JSON. */
  readonly json: string | undefined;
  readonly models: string;
  /** Folder of pictures; undefined: generated scenes. */
  readonly frames: string | undefined;
  /** The options that affect the results, as given except the folders. */
  readonly given: string;
}

/**
 * Reads the command line. `--help` prints and ends the process.
 *
 * @param base Folder that relative paths start from.
 * @throws {BenchError} for a benchmark that does not exist, or one that needs a folder of pictures and has none.
 */
export function parseOptions(
  args: readonly string[],
  known: readonly Benchmark[],
  base: string,
): BenchOptions {
  const program = new Command('npm run bench --')
    .description('Measures the worker beside what this machine could do at most.')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .argument('[names...]', 'which benchmarks (default: all that can run)')
    .option('--quick', 'short runs: shows that everything works, figures are rough')
    .option(
      '--repetitions <n>',
      'of each scenario, 1..99; those of long ones are 3 at most (default: 5, quick 1)',
    )
    .option(
      '--write',
      'put the tables into docs/PERFORMANCE.md, where other models have a place of their own, and docs/INGESTOR.md',
    )
    .option('--json <file>', 'write the results as JSON')
    .option(
      '--models <folder>',
      'folder of ONNX models of any names: YOLOv8, YuNet or SCRFD, ArcFace or EdgeFace (default: demo models)',
    )
    .option('--frames <folder>', 'folder of pictures (default: generated scenes)')
    .addHelpText(
      'after',
      `\nBenchmarks:\n${known.map(({ name, about }) => `  ${name.padEnd(14)} ${about}`).join('\n')}`,
    )
    .parse(args, { from: 'user' });
  const values = program.opts<{
    quick?: true;
    repetitions?: string;
    write?: true;
    json?: string;
    models?: string;
    frames?: string;
  }>();
  const repetitions = Number(values.repetitions ?? (values.quick === true ? 1 : 5));
  if (!Number.isInteger(repetitions) || repetitions < 1 || repetitions > 99) {
    throw new BenchError(
      `--repetitions: expected a whole number of 1..99 but received ${values.repetitions}`,
    );
  }
  const unknown = program.args.filter((name) => known.every((benchmark) => benchmark.name !== name));
  if (unknown.length > 0) {
    const names = known.map(({ name }) => name).join(', ');
    throw new BenchError(`expected benchmarks of ${names} but received ${unknown.join(', ')}`);
  }
  const runnable = known.filter(({ needsFrames }) => needsFrames !== true || values.frames !== undefined);
  const named = known.filter(({ name }) => program.args.includes(name));
  const lacking = named.find((benchmark) => !runnable.includes(benchmark));
  if (lacking !== undefined) {
    throw new BenchError(
      `${lacking.name}: expected --frames <folder>, pictures as the cameras make them, but received none`,
    );
  }
  const given = [
    values.models === undefined ? '' : '--models DIR',
    values.frames === undefined ? '' : '--frames DIR',
    values.quick === true ? '--quick' : '',
    values.repetitions === undefined ? '' : `--repetitions ${values.repetitions}`,
  ];
  return {
    benchmarks: program.args.length === 0 ? runnable : named,
    quick: values.quick === true,
    repetitions,
    write: values.write === true,
    json: values.json === undefined ? undefined : resolve(base, values.json),
    models: values.models === undefined ? demoModels : resolve(base, values.models),
    frames: values.frames === undefined ? undefined : resolve(base, values.frames),
    given: given.filter(Boolean).join(' '),
  };
}
