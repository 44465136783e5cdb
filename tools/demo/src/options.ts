import { fileURLToPath } from 'node:url';
import { type CommandLineValues, readCommandLine } from './command-line.mjs';
import { DemoError } from './errors.ts';

/** The command line, read and validated; paths are absolute. */
export interface DemoOptions
  extends Required<Pick<CommandLineValues, 'cameras' | 'seconds' | 'sink' | 'json'>> {
  /** Folder of ONNX models; by default those made for the generated scenes. */
  readonly models: string;
  /** Folder of pictures; undefined: generated scenes. */
  readonly frames: string | undefined;
  /** Frames per second of each camera; undefined: what the machine carries. */
  readonly fps: number | undefined;
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
 * @throws {DemoError} `bad_options`, one line for each bad value.
 */
export function parseOptions(args: readonly string[], base: string): DemoOptions {
  const { help, problems, values } = readCommandLine(args, base);
  if (help !== undefined) {
    process.stdout.write(`${help}\n`);
    process.exit(0);
  }
  if (problems.length > 0) throw new DemoError('bad_options', problems.join('\n'));
  return { ...values, models: values.models ?? demoModels, frames: values.frames, fps: values.fps };
}
