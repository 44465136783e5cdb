import type { FrameOutcome } from './outcome.ts';

/** One camera in {@link SourceStats}; counts are since the start of the process. */
export interface CameraStats<Outcome extends string = FrameOutcome> {
  /** Entries that were delivered to this consumer, repeated deliveries included. */
  readonly delivered: number;
  /** How they ended; `delivered = sum(outcomes) + inFlight` at every moment. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly inFlight: number;
  /** Entries after the group's last delivered one, as of the last look of the source. */
  readonly unread: number;
  /**
   * Age of the oldest of them, seconds: by its id and the clock of Redis, or by its `ingest_ts` where its writer chose an id that is no
   * time. 0 where there is none, null where neither tells it.
   */
  readonly oldestUnreadAgeSeconds: number | null;
  /** XLEN, as of the last look. */
  readonly streamLength: number;
  /** Entries that trimming took before any consumer of the group read them, as far as this source noticed first. */
  readonly evicted: number;
  /** Whether its stream is gone: nothing of it is unread then, and its counts end with the leases that are still held. */
  readonly gone: boolean;
}

/** A snapshot of a source, for its metrics. A source of something else than frames has outcomes of its own. */
export interface SourceStats<Outcome extends string = FrameOutcome> {
  /** By camera, or by the whole key of a stream that is not named `frames:...`. Those whose streams are there, and the last thousand of those whose streams are gone. */
  readonly cameras: ReadonlyMap<string, CameraStats<Outcome>>;
  /** Entries without an outcome. */
  readonly inFlight: number;
  /** Entries taken over from the pending list: this consumer's own of an earlier life, and those of idle consumers. */
  readonly reclaimed: number;
  /** Other groups that nobody reads, and the number of streams in which each keeps entries until MAXLEN takes them. */
  readonly unreadGroups: ReadonlyMap<string, number>;
}
