import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '@trinetra/program';
import type { Pair } from './pair.ts';

const header = /^(\d+)(?:\s+(\d+))?$/;
const extensions = ['.jpg', '.jpeg', '.png'] as const;

/** Whether a file begins as those of LFW do: with one or two numbers. */
export const isLfw = (text: string): boolean => header.test(text.split('\n', 1)[0]?.trim() ?? '');

/** `DIR/name/name_0001.jpg`, or whichever of the extensions is there; `.jpg` where none is. */
function pictureOf(folder: string, name: string, number: string): string {
  const stem = join(folder, name, `${name}_${number.padStart(4, '0')}`);
  const extension = extensions.find((candidate) => existsSync(stem + candidate));
  return stem + (extension ?? '.jpg');
}

const isNumber = (text: string | undefined): text is string => text !== undefined && /^\d+$/.test(text);

function parseLine(line: string, where: string, folder: string): Omit<Pair, 'fold'> {
  const [first = '', i, second, j, ...rest] = line.split(/\s+/);
  if (rest.length === 0 && isNumber(i)) {
    const a = pictureOf(folder, first, i);
    if (isNumber(second) && j === undefined) return { a, b: pictureOf(folder, first, second), same: true };
    if (second !== undefined && isNumber(j)) return { a, b: pictureOf(folder, second, j), same: false };
  }
  throw new UsageError(
    `${where}: expected "name i j" for the same person or "name1 i name2 j" for different ones but received "${line}"`,
  );
}

/**
 * Reads `pairs.txt` of LFW: a line `folds n` (each fold is n pairs of the same person and n of different ones), or one number (of
 * pairs, in all or of each kind); then a line a pair.
 *
 * @param file Its name, for messages.
 * @param folder Has a folder of pictures for each name.
 * @throws {UsageError} with the number of a broken line, or where the number of pairs is not the one of the first line.
 * @see http://vis-www.cs.umass.edu/lfw/README.txt
 */
export function parseLfwPairs(text: string, file: string, folder: string): Pair[] {
  const [first = '', ...lines] = text.split('\n').map((line) => line.trim());
  const [, one = '', two] = header.exec(first) ?? [];
  const pairs = lines.flatMap((line, index) =>
    line === '' ? [] : [parseLine(line, `${file}, line ${index + 2}`, folder)],
  );
  const expected = two === undefined ? [Number(one), 2 * Number(one)] : [2 * Number(one) * Number(two)];
  if (!expected.includes(pairs.length)) {
    throw new UsageError(
      `${file}: expected ${expected.join(' or ')} pairs by its first line "${first}" but found ${pairs.length}`,
    );
  }
  const perFold = two === undefined || one === '1' ? null : 2 * Number(two);
  return pairs.map((pair, index) => ({
    ...pair,
    fold: perFold === null ? null : Math.floor(index / perFold),
  }));
}
