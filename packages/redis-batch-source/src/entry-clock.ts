import { cameraLabelOf, isClockTime, timeOfId, type WarnOnce } from '@trinetra/contracts';

/** An entry, and the time by the clock of Redis. */
export interface EntryAt {
  readonly streamKey: string;
  readonly entryId: string;
  readonly nowMs: number;
}

/**
 * When an entry was added, milliseconds since the epoch by the clock of Redis; undefined where its writer chose an id that is no time.
 * That is warned of once a stream.
 */
export function timeOfEntry(warnOnce: WarnOnce, { streamKey, entryId, nowMs }: EntryAt): number | undefined {
  const time = timeOfId(entryId, nowMs);
  if (time === undefined) {
    warnOnce(
      `id ${streamKey}`,
      { camera_id: cameraLabelOf(streamKey), frame_id: entryId },
      'the ids of this stream are no times in milliseconds: how old its entries are is told by their ingest_ts alone',
    );
  }
  return time;
}

/** The same of an entry that is still to be read: by its id, or by its field `ingest_ts` where that is the time of a clock. */
export function timeOfUnread(warnOnce: WarnOnce, entry: EntryAt, ingestTs: string): number | undefined {
  const ingestMs = Number(ingestTs) * 1000;
  return timeOfEntry(warnOnce, entry) ?? (isClockTime(ingestMs, entry.nowMs) ? ingestMs : undefined);
}
