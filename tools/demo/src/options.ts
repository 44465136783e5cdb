import { fileURLToPath } from 'node:url';
import { type CommandLineValues, readCommandLine } from './command-line.mjs';
import { DemoError } from './errors.ts';

/** The command line, read and validated; paths are absolute. */
export interface DemoOptions extends Pick<CommandLineValues, 'cameras' | 'json'> {
  /** Folder of ONNX models; by default those made for the generated scenes. */
  readonly models: string;
  /** The user's cameras, as for `npm run cameras`; none: {@link frames}. */
  readonly sources: readonly string[];
  /** Folder that relative paths of sources start from. */
  readonly base: string;
  /** Folder of pictures; undefined: generated scenes. */
  readonly frames: string | undefined;
  /** Frames per second of each camera; undefined: by the machine's capacity. */
  readonly fps: number | undefined;
  /** 0, only for sources: until Ctrl-C. */
  readonly seconds: number;
  /** `none`, only for sources: just the live page. */
  readonly sink: 'kafka' | 'ndjson' | 'none';
  /** PNG file of the contact sheet. */
  readonly output: string;
}

/** Trained on generated scenes by tools/demo-models. */
export const demoModels: string = fileURLToPath(new URL('../../demo-models/models', import.meta.url));

/**
 * Reads the command line.
 *
 * @param args Without the program itself. `--help` prints and ends the process.
 * @param base Folder that relative paths start from: where the user stood.
 * @throws {DemoError} `invalid_options`, one line for each bad value.
 */
export function parseOptions(args: readonly string[], base: string): DemoOptions {
  const { help, problems, values } = readCommandLine(args, base);
  if (help !== undefined) {
    process.stdout.write(`${help}\n`);
    process.exit(0);
  }
  if (problems.length > 0) throw new DemoError('invalid_options', problems.join('\n'));
  const { models = demoModels, frames, fps, seconds = 0, sink = 'none' } = values;
  return { ...values, base, models, frames, fps, seconds, sink };
}
