import { percentile } from './percentile.ts';

/** Counts of one camera. */
export interface CameraCounts {
  readonly framesIn: number;
  /** Frames with an event, without duplicates. */
  readonly eventsOut: number;
  readonly persons: number;
  readonly faces: number;
  readonly embeddings: number;
  /** From ingest to the event of each frame, ms. */
  readonly latenciesMs: readonly number[];
  /** Frames given up, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** One row of the table. */
export interface Row {
  readonly frames_in: number;
  readonly events_out: number;
  readonly persons: number;
  readonly faces: number;
  readonly embeddings: number;
  readonly dropped: Readonly<Record<string, number>>;
  /** From ingest to event, ms; null without events. */
  readonly latency_ms: { readonly p50: number | null; readonly p99: number | null };
}

/** All cameras together. */
export interface Summary extends Row {
  /** Events beyond the first of their frame. */
  readonly duplicates: number;
  /** Events of frames that were never sent. */
  readonly unknown: number;
  /** Frames that have neither an event nor a counted reason. */
  readonly unexplained: number;
  readonly cameras: Readonly<Record<string, Row>>;
}

const round = (value: number | null): number | null => (value === null ? null : Math.round(value * 10) / 10);

function rowOf(counts: CameraCounts): Row {
  const { latenciesMs } = counts;
  return {
    frames_in: counts.framesIn,
    events_out: counts.eventsOut,
    persons: counts.persons,
    faces: counts.faces,
    embeddings: counts.embeddings,
    dropped: counts.dropped,
    latency_ms: { p50: round(percentile(latenciesMs, 0.5)), p99: round(percentile(latenciesMs, 0.99)) },
  };
}

/** Adds up frames given up for any reason. */
export function countDropped(dropped: Readonly<Record<string, number>>): number {
  return Object.values(dropped).reduce((sum, count) => sum + count, 0);
}

/**
 * Adds up the cameras.
 *
 * @param distinctEvents Events received, each frame once, whether or not their frames are known.
 */
export function summarise(
  cameras: ReadonlyMap<string, CameraCounts>,
  distinctEvents: number,
  duplicates: number,
): Summary {
  const all = [...cameras.values()];
  const sum = (read: (counts: CameraCounts) => number): number =>
    all.reduce((total, counts) => total + read(counts), 0);
  const dropped: Record<string, number> = {};
  for (const counts of all) {
    for (const [reason, count] of Object.entries(counts.dropped)) {
      dropped[reason] = (dropped[reason] ?? 0) + count;
    }
  }
  const [framesIn, eventsOut] = [sum((counts) => counts.framesIn), sum((counts) => counts.eventsOut)];
  const total = rowOf({
    framesIn,
    eventsOut,
    persons: sum((counts) => counts.persons),
    faces: sum((counts) => counts.faces),
    embeddings: sum((counts) => counts.embeddings),
    latenciesMs: all.flatMap((counts) => counts.latenciesMs),
    dropped,
  });
  return {
    ...total,
    duplicates,
    unknown: distinctEvents - eventsOut,
    unexplained: Math.max(0, framesIn - eventsOut - countDropped(dropped)),
    cameras: Object.fromEntries([...cameras].map(([id, counts]) => [id, rowOf(counts)])),
  };
}
