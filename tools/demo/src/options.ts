import { fileURLToPath } from 'node:url';
import { type CommandLineValues, readCommandLine } from './command-line.mjs';
import { DemoError } from './errors.ts';

/** The command line, read and validated; paths are absolute. */
export interface DemoOptions extends Pick<CommandLineValues, 'cameras' | 'json'> {
  /** Folder of ONNX models; by default those made for the generated scenes. */
  readonly models: string;
  /** Cameras of the user's own, as `npm run cameras` takes them; none: {@link frames}. */
  readonly sources: readonly string[];
  /** Folder that relative paths of sources start from. */
  readonly base: string;
  /** Folder of pictures; undefined: generated scenes. */
  readonly frames: string | undefined;
  /** Frames per second of each camera; undefined: what the machine carries. */
  readonly fps: number | undefined;
  /** 0, of sources only: until Ctrl-C. */
  readonly seconds: number;
  /** `none`, of sources only: the live page shows them, and nothing else does. */
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
