import { resolve } from 'node:path';
import { UsageError } from '@trinetra/program';
import { CsvError, parse } from 'csv-parse/sync';
import type { Pair } from './pair.ts';

const sameness: Readonly<Record<string, boolean>> = { 1: true, true: true, 0: false, false: false };

interface Row {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

function readRows(text: string, file: string): Row[] {
  try {
    return parse(text, {
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as Row[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new UsageError(`${file}: ${error.message}`, { cause: error });
  }
}

/**
 * Reads pairs from CSV with the header `a,b,same`.
 *
 * @param file Its name, for messages.
 * @param folder What the paths are relative to.
 * @throws {UsageError} with the number of a broken line.
 */
export function parseCsvPairs(text: string, file: string, folder: string): Pair[] {
  const [header, ...rows] = readRows(text, file);
  if (header?.record.join(',') !== 'a,b,same') {
    throw new UsageError(
      `${file}, line 1: expected the header a,b,same, or a number as in pairs.txt of LFW, but received "${header?.record.join(',') ?? ''}"`,
    );
  }
  return rows.map(({ record, info }) => {
    const [a = '', b = '', told = ''] = record;
    const same = sameness[told.toLowerCase()];
    if (record.length === 3 && a !== '' && b !== '' && same !== undefined) {
      return { a: resolve(folder, a), b: resolve(folder, b), same, fold: null };
    }
    throw new UsageError(
      `${file}, line ${info.lines}: expected two paths and 1, 0, true or false but received "${record.join(',')}"`,
    );
  });
}
