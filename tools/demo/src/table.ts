import type { Row, Summary } from './summary.ts';

const headers = [
  'camera',
  'frames in',
  'events out',
  'persons',
  'faces',
  'p50 ms',
  'p99 ms',
  'drops',
] as const;

const milliseconds = (value: number | null): string => (value === null ? '-' : value.toFixed(0));

function cells(name: string, row: Row): string[] {
  const drops = Object.entries(row.dropped).map(([reason, count]) => `${reason} ${count}`);
  return [
    name,
    String(row.frames_in),
    String(row.events_out),
    String(row.persons),
    String(row.faces),
    milliseconds(row.latency_ms.p50),
    milliseconds(row.latency_ms.p99),
    drops.join(', ') || '0',
  ];
}

/** The table by camera, with the totals in its last row. */
export function formatTable(summary: Summary): string {
  const body = Object.entries(summary.cameras).map(([name, row]) => cells(name, row));
  const rows = [[...headers], ...body, cells('total', summary)];
  const widths = headers.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const isText = (column: number): boolean => column === 0 || column === headers.length - 1;
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [lines[0], rule, ...lines.slice(1, -1), rule, lines.at(-1)].join('\n');
}
