import type { EntryRef } from '../types.ts';

/** The streams of some entries, each once, and the number by which a script knows that of an entry: from 1. */
export function indexStreams(entries: readonly EntryRef[]): {
  readonly keys: string[];
  readonly indexOf: (entry: EntryRef) => number;
} {
  const indices = new Map<string, number>();
  for (const { streamKey } of entries) {
    if (!indices.has(streamKey)) indices.set(streamKey, indices.size + 1);
  }
  return { keys: [...indices.keys()], indexOf: ({ streamKey }) => indices.get(streamKey) ?? 0 };
}
