import type { FrameEntry } from './frame-entry.ts';

/** What is further from now is no time of a frame but seconds, a counter, or a clock that was never set. 10 years, ms. */
const mostAwayMs = 10 * 365.25 * 24 * 3600 * 1000;
/** Ids that are further ahead tell nothing: once a stream has had one, Redis itself counts on from there. */
const mostAheadMs = 60_000;
/** Machines whose clocks are kept in time agree within this; a frame that seems to come from later was timed by another clock. */
const mostSkewMs = 100;

/** Whether a number may be the time of a frame by some clock: within 10 years of now. Both in milliseconds since the epoch. */
export function isClockTime(ms: number, nowMs: number): boolean {
  return Math.abs(ms - nowMs) <= mostAwayMs;
}

/**
 * When an entry was added, milliseconds since the epoch, by its id. Undefined where whoever wrote it chose ids that are no time, such
 * as `5-0` or seconds, or where they are more than a minute ahead.
 */
export function timeOfId(entryId: string, nowMs: number): number | undefined {
  const ms = Number(entryId.split('-')[0]);
  return isClockTime(ms, nowMs) && ms <= nowMs + mostAheadMs ? ms : undefined;
}

/**
 * When a frame was taken, milliseconds since the epoch: by `ingest_ts`; where that is no time of a clock, or more than 100 ms
 * ahead of ours, by its entry's id. Undefined where neither is a time.
 */
export function timeOfFrame(
  { ingestTs, frameId }: Pick<FrameEntry, 'ingestTs' | 'frameId'>,
  nowMs: number,
): number | undefined {
  const ms = ingestTs * 1000;
  return isClockTime(ms, nowMs) && ms <= nowMs + mostSkewMs ? ms : timeOfId(frameId, nowMs);
}

/**
 * How old a frame is, ms, at least 0. Undefined where neither `ingest_ts` nor the entry's id tell it by this clock: an age that nobody
 * knows is not 0.
 */
export function ageOfFrame(
  frame: Pick<FrameEntry, 'ingestTs' | 'frameId'>,
  nowMs: number,
): number | undefined {
  const takenAtMs = timeOfFrame(frame, nowMs);
  if (takenAtMs === undefined || takenAtMs > nowMs + mostSkewMs) return undefined;
  return Math.max(0, nowMs - takenAtMs);
}
