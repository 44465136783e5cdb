interface Division {
  readonly rows: readonly (readonly number[])[];
  /** Sum of the squares of the rows' widths: smallest if they are alike. */
  readonly cost: number;
}

/** Width of a row of height 1. */
export function rowWidth(aspects: readonly number[]): number {
  return aspects.reduce((sum, aspect) => sum + aspect, 0);
}

/**
 * Divides a sequence into rows of widths as equal as possible, for any number of rows.
 *
 * @param aspects Width by height of each cell.
 * @returns at index `n - 1` the division into `n` rows.
 */
export function divideIntoRows(aspects: readonly number[]): (readonly (readonly number[])[])[] {
  const divisions: (readonly (readonly number[])[])[] = [];
  // The best division of the first `index` cells into one row for each turn so far.
  let best: (Division | undefined)[] = [{ rows: [], cost: 0 }];
  for (let turn = 1; turn <= aspects.length; turn += 1) {
    const next: typeof best = [];
    for (let end = turn; end <= aspects.length; end += 1) {
      for (let begin = turn - 1; begin < end; begin += 1) {
        const before = best[begin];
        if (before === undefined) continue;
        const row = aspects.slice(begin, end);
        const cost = before.cost + rowWidth(row) ** 2;
        if (cost < (next[end]?.cost ?? Number.POSITIVE_INFINITY)) {
          next[end] = { rows: [...before.rows, row], cost };
        }
      }
    }
    best = next;
    divisions.push(best[aspects.length]?.rows ?? []);
  }
  return divisions;
}
