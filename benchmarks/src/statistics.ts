/** The value below which the share `p` (0..1) of the values lies (nearest rank); NaN without values. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
}

/** The middle value, or the mean of the two in the middle; NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[sorted.length / 2 - 1] ?? Number.NaN)) / 2;
}

/**
 * Runs every scenario `repetitions` times, interleaved: A B C A B C, so that a slow minute of the machine falls on all of
 * them. Resolves to the results of each scenario.
 */
export async function interleave<T>(
  scenarios: Readonly<Record<string, () => Promise<T>>>,
  repetitions: number,
  announce: (text: string) => void = () => undefined,
): Promise<Map<string, T[]>> {
  const results = new Map<string, T[]>(Object.keys(scenarios).map((name) => [name, []]));
  for (let repetition = 1; repetition <= repetitions; repetition += 1) {
    for (const [name, scenario] of Object.entries(scenarios)) {
      announce(`${name} (${repetition} of ${repetitions})`);
      results.get(name)?.push(await scenario());
    }
  }
  return results;
}

/** The median of each number, field by field. */
export function medians<T extends Readonly<Record<string, number>>>(results: readonly T[]): T {
  const [first] = results;
  if (first === undefined) throw new RangeError('results: expected at least one but received none');
  const fields = Object.keys(first).map((name) => [
    name,
    median(results.map((result) => result[name] ?? Number.NaN)),
  ]);
  return Object.fromEntries(fields) as T;
}
