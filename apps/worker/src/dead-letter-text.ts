import { isUtf8 } from 'node:buffer';
import { printable } from '@trinetra/contracts';
import type { DeadLetterInfo, DeadLetterSummary } from '@trinetra/redis-batch-source';

/** Longer values are told by their size. */
const longestText = 200;

/** ISO 8601; what is no time that a date can hold, as it is. */
export function timeOf(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms);
}

/** What is said of a dead letter as one JSON object. */
export function describeLetter({ cameraId, id, deadAtMs, origin }: DeadLetterInfo): Record<string, unknown> {
  return {
    camera_id: cameraId,
    id,
    given_up: timeOf(deadAtMs),
    reason: origin?.reason ?? 'unknown',
    ...(origin === undefined
      ? {}
      : {
          deliveries: origin.deliveryCount,
          consumer: origin.consumer,
          stream: origin.streamKey,
          entry_id: origin.entryId,
        }),
  };
}

/** The dead letters of one camera, counted, as one JSON object. */
export function describeSummary({ cameraId, count, oldestMs, newestMs, reasons }: DeadLetterSummary): {
  readonly camera_id: string;
  readonly count: number;
  readonly oldest: string;
  readonly newest: string;
  readonly reasons: Readonly<Record<string, number>>;
} {
  return { camera_id: cameraId, count, oldest: timeOf(oldestMs), newest: timeOf(newestMs), reasons };
}

/** A field as a terminal may have it: short text; of pictures and whatever else is long or no text its size. */
export function describeField(name: string, value: Buffer): string {
  const isText = name !== 'frame' && value.length <= longestText && isUtf8(value);
  return isText ? printable(value.toString()) : `(${value.length} bytes)`;
}

/** Rows in columns as wide as their widest cell. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
