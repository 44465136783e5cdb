import { fileURLToPath } from 'node:url';
import { demoModels, type Ended, type ProgramOptions, runProgram } from '@trinetra/test-support';

/** What starts the built program. */
export const main: string = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** The files of the demo's models. */
export const {
  YOLO_ENGINE_PATH: yolo = '',
  ARCFACE_ENGINE_PATH: arcface = '',
  FACE_MODEL_PATH: faces = '',
}: Record<string, string> = demoModels();

/** Runs the built `trinetra-models` with these arguments to its end, whatever that is. */
export const runModels = (args: readonly string[], options?: ProgramOptions): Promise<Ended> =>
  runProgram(main, args, options);
