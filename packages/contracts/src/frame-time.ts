import type { FrameEntry } from './frame-entry.ts';

/** Times further from now are seconds, counters, or clocks that were never set. 10 years, ms. */
const mostAwayMs = 10 * 365.25 * 24 * 3600 * 1000;
/** Ids further ahead are ignored: once a stream has had one, Redis counts on from there. Ms. */
const mostAheadMs = 60_000;
/** Synchronised clocks agree within this, ms. A frame from further ahead has the time of another clock. */
const mostSkewMs = 100;

/** Whether a number can be the time of a frame: within 10 years of now. Both in milliseconds since the epoch. */
export function isClockTime(ms: number, nowMs: number): boolean {
  return Math.abs(ms - nowMs) <= mostAwayMs;
}

/**
 * When an entry was added, milliseconds since the epoch, by its id. Undefined if the id is no time, such as
 * `5-0` or seconds, or is more than a minute ahead.
 */
export function timeOfId(entryId: string, nowMs: number): number | undefined {
  const ms = Number(entryId.split('-')[0]);
  return isClockTime(ms, nowMs) && ms <= nowMs + mostAheadMs ? ms : undefined;
}

/**
 * When a frame was taken, milliseconds since the epoch, by `ingest_ts`. If that is no time, or more than 100 ms
 * ahead of our clock, by its entry's id. Undefined if neither is a time.
 */
export function timeOfFrame(
  { ingestTs, frameId }: Pick<FrameEntry, 'ingestTs' | 'frameId'>,
  nowMs: number,
): number | undefined {
  const ms = ingestTs * 1000;
  return isClockTime(ms, nowMs) && ms <= nowMs + mostSkewMs ? ms : timeOfId(frameId, nowMs);
}

/**
 * Age of a frame, ms, at least 0. Undefined if neither `ingest_ts` nor the entry's id tell it by this clock: an
 * unknown age is not 0.
 */
export function ageOfFrame(
  frame: Pick<FrameEntry, 'ingestTs' | 'frameId'>,
  nowMs: number,
): number | undefined {
  const takenAtMs = timeOfFrame(frame, nowMs);
  if (takenAtMs === undefined || takenAtMs > nowMs + mostSkewMs) return undefined;
  return Math.max(0, nowMs - takenAtMs);
}
