import type { FiguresBlock } from './figures-block.ts';
import type { ModelPaths } from './models.ts';
import type { Pictures } from './pictures.ts';
import type { Section } from './report.ts';
import type { TestStack } from './test-stack.ts';

/** Input of a benchmark. */
export interface BenchmarkContext {
  readonly testStack: TestStack;
  readonly pictures: Pictures;
  /** Folder of the pictures; undefined: generated ones. */
  readonly frames: string | undefined;
  readonly models: ModelPaths;
  /** Short runs with rough figures, to check that everything works. */
  readonly quick: boolean;
  /** Of interleaved scenarios; benchmarks with long ones take 3 at most. */
  readonly repetitions: number;
  /** The command that repeats one benchmark as run now. */
  command(name: string): string;
  /** Progress, for the person at the terminal. */
  say(text: string): void;
}

export interface Benchmark {
  readonly name: string;
  /** One line for `--help`. */
  readonly about: string;
  /** Needs a camera's pictures: runs only with `--frames`. */
  readonly needsFrames?: true;
  /** Block for the tables of `--write`; default one of docs/PERFORMANCE.md, by the models. */
  readonly figures?: FiguresBlock;
  run(context: BenchmarkContext): Promise<Section>;
}
