import { readdir } from 'node:fs/promises';
import { chooseModels } from '@trinetra/model-roles';
import type { DemoOptions } from './options.ts';

/** Input files of the demo. */
export interface Inputs {
  /** Absolute paths. */
  readonly models: { readonly detector: string; readonly face: string; readonly embedder: string };
  /** Lines for people: chosen and other models. */
  readonly modelNotes: readonly string[];
  /** undefined: generated scenes. */
  readonly pictures: number | undefined;
}

const isPicture = (name: string): boolean => /\.(jpe?g|png|webp)$/i.test(name);

/** @throws {ModelChoiceError} if a model is missing. */
export async function findInputs(options: Pick<DemoOptions, 'models' | 'frames'>): Promise<Inputs> {
  const { models, notes } = await chooseModels(options.models);
  const { frames } = options;
  const pictures = frames === undefined ? undefined : (await readdir(frames)).filter(isPicture).length;
  return { models, modelNotes: notes, pictures };
}
