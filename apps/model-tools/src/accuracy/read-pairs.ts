import { dirname } from 'node:path';
import { UsageError } from '@trinetra/program';
import { parseCsvPairs } from './csv-pairs.ts';
import { isLfw, parseLfwPairs } from './lfw-pairs.ts';
import type { Pair } from './pair.ts';
import { checkPictures, readText } from './read-input.ts';

/** The pictures of some pairs, each once. */
export const picturesOf = (pairs: readonly Pair[]): string[] => [
  ...new Set(pairs.flatMap(({ a, b }) => [a, b])),
];

/**
 * Reads a file of pairs: `pairs.txt` of LFW, or CSV.
 *
 * @param images Folder of the pictures; default: that of the file.
 * @throws {UsageError} where it cannot be read, a line is broken, or a picture is missing.
 */
export async function readPairs(file: string, images: string = dirname(file)): Promise<Pair[]> {
  const text = await readText(file, '--pairs');
  const pairs = isLfw(text) ? parseLfwPairs(text, file, images) : parseCsvPairs(text, file, images);
  if (pairs.length === 0) throw new UsageError(`${file}: expected pairs but found none`);
  await checkPictures(picturesOf(pairs), file);
  return pairs;
}
