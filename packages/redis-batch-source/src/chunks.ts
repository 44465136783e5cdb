/** Streams that one script call looks at: a bound on how long Redis is busy with it. */
export const streamsPerCall = 64;

/** A list in parts of `size` items. */
export function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
  return chunks;
}
