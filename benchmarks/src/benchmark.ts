import type { FiguresBlock } from './figures-block.ts';
import type { ModelPaths } from './models.ts';
import type { Pictures } from './pictures.ts';
import type { Section } from './report.ts';
import type { TestStack } from './test-stack.ts';

/** What a benchmark works with. */
export interface BenchmarkContext {
  readonly testStack: TestStack;
  readonly pictures: Pictures;
  /** Folder that the pictures are from; undefined: they are generated. */
  readonly frames: string | undefined;
  readonly models: ModelPaths;
  /** Short runs that show that everything works; their figures are rough. */
  readonly quick: boolean;
  /** Of interleaved scenarios; benchmarks with long ones take 3 at most. */
  readonly repetitions: number;
  /** The command that runs one benchmark as it was run now. */
  command(name: string): string;
  /** Progress, for the person at the terminal. */
  say(text: string): void;
}

export interface Benchmark {
  readonly name: string;
  /** One line for `--help`. */
  readonly about: string;
  /** Its pictures have to be a camera's, not generated ones: it runs with `--frames` only. */
  readonly needsFrames?: true;
  /** Where `--write` puts its tables; default docs/PERFORMANCE.md, by the models. */
  readonly figures?: FiguresBlock;
  run(context: BenchmarkContext): Promise<Section>;
}
