/** Cells of a row, or `rule`: a line of dashes. */
type TableRow = readonly string[] | 'rule';

/**
 * The lines of a table, two spaces between its columns.
 *
 * @param textColumns Columns, from the first, that are aligned to the left; numbers follow.
 */
export function formatTable(rows: readonly TableRow[], textColumns = 1): string[] {
  const cells = rows.filter((row) => row !== 'rule');
  const columns = Math.max(...cells.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  const aligned = (row: readonly string[]): string[] =>
    widths.map((width, column) => {
      const cell = row[column] ?? '';
      return column < textColumns ? cell.padEnd(width) : cell.padStart(width);
    });
  const dashes = widths.map((width) => '-'.repeat(width));
  return rows.map((row) => (row === 'rule' ? dashes : aligned(row)).join('  ').trimEnd());
}
