import { formatTable } from '@trinetra/program';
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
  const lines = formatTable([headers, 'rule', ...body, 'rule', cells('total', report.total)]);
  const hidden = cameras.length - shown.length;
  if (hidden > 0) lines.splice(-2, 0, `... and ${hidden} more cameras`);
  return lines.join('\n');
}
