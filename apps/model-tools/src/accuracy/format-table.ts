/** Rows as text: the first column to the left, the others to the right, two spaces between. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A share as `98.76 %`. */
export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** Names to tell files by: those of the files where these differ, else the paths. */
export function namesOf(files: readonly string[]): string[] {
  const names = files.map((file) => file.replace(/^.*[/\\]/, ''));
  return new Set(names).size === files.length ? names : [...files];
}
