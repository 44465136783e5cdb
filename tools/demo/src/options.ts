import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { DemoError } from './errors.ts';

/** The command line, read and validated; paths are absolute. */
export interface DemoOptions {
  /** Folder of ONNX models; by default those made for the generated scenes. */
  readonly models: string;
  /** Folder of pictures; undefined: generated scenes. */
  readonly frames: string | undefined;
  readonly cameras: number;
  /** Frames per second of each camera. */
  readonly fps: number;
  readonly seconds: number;
  readonly sink: 'kafka' | 'ndjson';
  readonly json: boolean;
  /** PNG file of the contact sheet. */
  readonly output: string;
}

/** Trained on generated scenes by tools/demo-models. */
export const demoModels: string = fileURLToPath(new URL('../../demo-models/models', import.meta.url));

const example = 'npm run demo -- --models ../shared/models --frames ../shared/photos';

function createProgram(): Command {
  return new Command('npm run demo --')
    .description('Runs the whole path on this machine: cameras, Redis, the worker, Kafka, and what came out.')
    .option(
      '--models <folder>',
      'folder of ONNX models of any names: YOLOv8, YuNet or SCRFD, ArcFace or EdgeFace (default: demo models)',
    )
    .option('--frames <folder>', 'folder of .jpg, .png and .webp pictures (default: generated scenes)')
    .option('--cameras <n>', 'number of cameras', '8')
    .option('--fps <f>', 'frames per second of each camera', '5')
    .option('--seconds <s>', 'how long the cameras run', '20')
    .option('--sink <sink>', 'where events go: kafka or ndjson', 'kafka')
    .option('--output <file>', 'contact sheet to write', 'trinetra-demo.png')
    .option('--json', 'end with one JSON line on standard output')
    .addHelpText('after', `\nExample: ${example}`);
}

/**
 * Reads the command line.
 *
 * @param args Without the program itself. `--help` prints and ends the process.
 * @param base Folder that relative paths start from: where the user stood.
 * @throws {DemoError} `bad_options`, one line for each bad value.
 */
export function parseOptions(args: readonly string[], base: string): DemoOptions {
  const values = createProgram().parse(args, { from: 'user' }).opts<Record<string, string | true>>();
  const problems: string[] = [];
  const text = (name: string): string => {
    const value = values[name];
    return typeof value === 'string' ? value : '';
  };
  const folder = (name: 'models' | 'frames', what: string): string | undefined => {
    if (values[name] === undefined) return undefined;
    if (text(name) === '') {
      problems.push(`--${name}: expected a folder of ${what} but received none, for example: ${example}`);
    }
    return resolve(base, text(name));
  };
  const number = (name: string, minimum: number, maximum: number, whole: boolean): number => {
    const value = text(name).trim() === '' ? Number.NaN : Number(text(name));
    if (!(value >= minimum && value <= maximum) || (whole && !Number.isInteger(value))) {
      const kind = whole ? 'a whole number' : 'a number';
      problems.push(`--${name}: expected ${kind} in ${minimum}..${maximum} but received "${text(name)}"`);
    }
    return value;
  };
  const sink = text('sink');
  if (sink !== 'kafka' && sink !== 'ndjson') {
    problems.push(`--sink: expected kafka or ndjson but received "${sink}"`);
  }
  if (text('output') === '') problems.push('--output: expected a file but received ""');
  const options: DemoOptions = {
    models: folder('models', 'ONNX models') ?? demoModels,
    frames: folder('frames', 'pictures'),
    cameras: number('cameras', 1, 1000, true),
    fps: number('fps', 0.01, 1000, false),
    seconds: number('seconds', 0.1, 86_400, false),
    sink: sink === 'ndjson' ? 'ndjson' : 'kafka',
    json: values['json'] === true,
    output: resolve(base, text('output')),
  };
  if (problems.length > 0) throw new DemoError('bad_options', problems.join('\n'));
  return options;
}
