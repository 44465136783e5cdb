/** A cell: text as it is, a number with three significant digits. */
export type Cell = string | number;

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Note on how to read the table. */
  readonly note?: string;
}

/** A target and its measured value. */
export interface Target {
  readonly what: string;
  readonly wanted: string;
  readonly measured: string;
  readonly met: boolean;
}

/** Results of one benchmark. */
export interface Section {
  readonly name: string;
  readonly title: string;
  /** Command that repeats the figures. */
  readonly command: string;
  readonly tables: readonly Table[];
  readonly targets: readonly Target[];
}

/** Three significant digits: 0.0123, 1.23, 12.3, 123, 1234. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 5));
}

const escapeCell = (cell: Cell): string =>
  typeof cell === 'number' ? formatNumber(cell) : cell.replaceAll('|', '\\|');

/** A Markdown table with columns of even width. */
export function markdownTable(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cells = [columns, ...rows].map((row) => row.map(escapeCell));
  const widths = columns.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = cells;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body.map(line)].join(
    '\n',
  );
}

function markdownSection(section: Section, suffix: string): string {
  const tables = section.tables.map(({ title, columns, rows, note }) =>
    [
      title === '' ? '' : `**${title}**\n`,
      markdownTable(columns, rows),
      note === undefined ? '' : `\n${note}`,
    ]
      .filter((part) => part !== '')
      .join('\n'),
  );
  return [`## ${section.title}${suffix}`, `\`\`\`sh\n${section.command}\n\`\`\``, ...tables].join('\n\n');
}

/**
 * One table of targets, then all sections.
 *
 * @param suffix Of the headings, such as ` with yolov8n.onnx`.
 */
export function markdownReport(sections: readonly Section[], suffix = ''): string {
  const targets = sections.flatMap((section) => section.targets);
  const rows = targets.map(({ what, wanted, measured, met }) => [what, wanted, measured, met ? 'yes' : 'NO']);
  const summary = markdownTable(['Target', 'Wanted', 'Measured', 'Met'], rows);
  const head = targets.length === 0 ? [] : [`## Targets${suffix}\n\n${summary}`];
  return [...head, ...sections.map((section) => markdownSection(section, suffix))].join('\n\n');
}
