import { access, constants, readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { chooseModels } from '@trinetra/model-roles';
import { DemoError } from './errors.ts';
import type { DemoOptions } from './options.ts';

/** Files that the demo works on. */
export interface Inputs {
  /** Absolute paths. */
  readonly models: { readonly detector: string; readonly face: string; readonly embedder: string };
  /** Lines for people: which models were taken, and which were not. */
  readonly modelNotes: readonly string[];
  /** undefined: generated scenes. */
  readonly pictures: number | undefined;
}

const reasons: Readonly<Record<string, string>> = { ENOENT: 'does not exist', ENOTDIR: 'is a file' };

async function list(flag: '--frames', folder: string): Promise<string[]> {
  return readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    const reason = reasons[cause.code ?? ''] ?? cause.message;
    throw new DemoError('bad_options', `${flag}: expected a folder but ${folder} ${reason}`, { cause });
  });
}

async function countPictures(folder: string): Promise<number> {
  const count = (await list('--frames', folder)).filter((name) => /\.(jpe?g|png|webp)$/i.test(name)).length;
  if (count > 0) return count;
  throw new DemoError(
    'bad_options',
    `--frames: expected .jpg, .png or .webp files in ${folder} but found none`,
  );
}

/**
 * @throws {ModelChoiceError} where a model is missing.
 * @throws {DemoError} `bad_options` where a folder or every picture is missing, or the output has no place.
 */
export async function findInputs(
  options: Pick<DemoOptions, 'models' | 'frames' | 'output'>,
): Promise<Inputs> {
  const { models, frames, output } = options;
  const chosen = await chooseModels(models);
  const pictures = frames === undefined ? undefined : await countPictures(frames);
  const target = dirname(output);
  await access(target, constants.W_OK).catch((cause: NodeJS.ErrnoException) => {
    const reason = reasons[cause.code ?? ''] ?? 'cannot be written to';
    throw new DemoError('bad_options', `--output: expected a folder but ${target} ${reason}`, { cause });
  });
  return {
    models: chosen.models,
    modelNotes: chosen.notes,
    pictures,
  };
}
