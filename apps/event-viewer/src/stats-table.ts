import type { StatsReport, StatsRow } from './event-stats.ts';

const headers = [
  'camera',
  'events',
  'events/s',
  'persons',
  'faces',
  'embeddings',
  'p50 ms',
  'p95 ms',
  'p99 ms',
  'degraded',
  'failed',
  'duplicates',
  'out of order',
] as const;

const number = (value: number | null, digits: number): string =>
  value === null ? '-' : value.toFixed(digits);

function cells(name: string, row: StatsRow): string[] {
  const { p50, p95, p99 } = row.latency_ms;
  return [
    name,
    String(row.events),
    number(row.events_per_second, 1),
    String(row.persons),
    String(row.faces),
    String(row.embeddings),
    ...[p50, p95, p99].map((value) => number(value, 0)),
    String(row.degraded),
    String(row.failed),
    String(row.duplicates),
    String(row.order_violations),
  ];
}

/**
 * The statistics as a table, the total below.
 *
 * @param maxRows Most lines. Of too many cameras it shows the first by name, and the number of others.
 */
export function statsTable(report: StatsReport, maxRows: number = Number.POSITIVE_INFINITY): string {
  const cameras = Object.entries(report.cameras);
  const room = Math.max(1, maxRows - 5);
  const shown = cameras.length <= room + 1 ? cameras : cameras.slice(0, room);
  const body = shown.map(([name, row]) => cells(name, row));
  const rows = [[...headers], ...body, cells('total', report.total)];
  const widths = headers.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((text, at) => (at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  const hidden = cameras.length - shown.length;
  const more = hidden > 0 ? [`... and ${hidden} more cameras`] : [];
  return [lines[0], rule, ...lines.slice(1, -1), ...more, rule, lines.at(-1)].join('\n');
}
