interface Division {
  readonly rows: readonly (readonly number[])[];
  /** Sum of the squares of the rows' widths: least where they are alike. */
  readonly cost: number;
}

/** How wide a row is that is 1 high. */
export function rowWidth(aspects: readonly number[]): number {
  return aspects.reduce((sum, aspect) => sum + aspect, 0);
}

/**
 * Divides a sequence into rows that are as alike in width as can be, for any number of rows.
 *
 * @param aspects Width by height of each cell.
 * @returns at index `n - 1` the division into `n` rows.
 */
export function divideIntoRows(aspects: readonly number[]): (readonly (readonly number[])[])[] {
  const divisions: (readonly (readonly number[])[])[] = [];
  // The best division of the first `index` cells into as many rows as there have been turns.
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
