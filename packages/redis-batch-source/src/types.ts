import type { FrameOutcome } from '@trinetra/contracts';

/** An entry of a stream. */
export interface EntryRef {
  readonly streamKey: string;
  /** `milliseconds-sequence`. */
  readonly entryId: string;
}

/** One stream entry that this consumer holds: pending in the group until it is settled. */
export interface Lease extends EntryRef {
  /** As Redis returns them: `[name, value, name, value, ...]`. */
  readonly fields: readonly Buffer[];
  /** 1 at the first delivery; more after a crash or a take-over; 0 once it is parked, so that the next one is a first again. */
  readonly deliveryCount: number;
  /** `Date.now()` when the entry reached this process. */
  readonly readAtMs: number;
  /**
   * How long it had lain in its stream by then, ms: by the clock of Redis, which also gave its ID. 0 where the ID is no time of the
   * past, and for entries that were delivered before.
   */
  readonly waitedMs: number;
}

/** The name of an entry among all of them. */
export function entryName({ streamKey, entryId }: EntryRef): string {
  return `${streamKey} ${entryId}`;
}

/** One camera in {@link SourceStats}; counts are since the start of the process. */
export interface CameraStats {
  /** Entries that Redis delivered to this consumer, repeated deliveries included. */
  readonly delivered: number;
  /** How they ended; `delivered = sum(outcomes) + inFlight` at every moment. */
  readonly outcomes: Readonly<Record<FrameOutcome, number>>;
  readonly inFlight: number;
  /** Entries after the group's last delivered one, as of the last look (`discoveryIntervalMs`). */
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

/** A snapshot of the source. */
export interface SourceStats {
  /** Those whose streams are there, and the last thousand of those whose streams are gone. */
  readonly cameras: ReadonlyMap<string, CameraStats>;
  /** Leases without an outcome: at most `maxInFlight`, and those that are parked. */
  readonly inFlight: number;
  /** Entries taken over from the pending list: this consumer's own of an earlier life, and those of idle consumers. */
  readonly reclaimed: number;
  /**
   * Other groups that nobody reads, and the number of streams in which each keeps entries until MAXLEN takes them, as of the last look;
   * looked for with `deleteAcked: 'auto'` only.
   */
  readonly unreadGroups: ReadonlyMap<string, number>;
}

/** Leases over all matching streams; see `createRedisBatchSource`. */
export interface RedisBatchSource extends AsyncDisposable {
  /**
   * The leases, pulled one by one; Redis is asked for as many entries as there is room for, and as
   * lately came within a fifth of `commandTimeoutMs`, only when the consumer waits. May be called once. Ends after {@link stop} or when `signal` aborts; leases that nobody
   * pulled by then are released, unless `stop()` was told to serve them.
   *
   * @throws RedisBatchSourceError `already_read`, `access_denied` or `unsupported_server`; never for a Redis that is away.
   */
  leases(options?: { readonly signal?: AbortSignal }): AsyncIterable<Lease>;
  /**
   * Says how a lease ended. Every outcome but `released` is acked (and deleted, see `deleteAcked`); `released`
   * leaves the entry pending, ready to be taken over at once. All calls of one tick share one round trip.
   *
   * Resolves once Redis has it. While Redis is away it is tried again; after {@link stop} for `drainTimeoutMs` at
   * most, and the entry stays pending then. A lease that is settled already is left alone.
   */
  settle(lease: Lease, outcome: FrameOutcome): Promise<void>;
  /**
   * Takes a lease out of the count of `maxInFlight`, for a frame that is done with but for an answer from elsewhere. The
   * entry stays pending and is kept from looking abandoned until the lease that comes back is settled; its fields are let go of.
   *
   * Such a frame has proved to be harmless: Redis forgets its deliveries, all parked in one tick in one round trip, and again with each
   * heartbeat. However many are parked when the process ends, they come back as if delivered for the first time.
   */
  park(lease: Lease): Lease;
  /**
   * Stops reading; what is leased can still be settled. What was read but not pulled is released, or with
   * `unpulled: 'serve'` still handed out: then nothing stays pending behind a worker that is the last of its group.
   */
  stop(options?: { readonly unpulled?: 'release' | 'serve' }): void;
  stats(): SourceStats;
  /** The name under which entries are read: that of the options, or one with a suffix where another living consumer has it. */
  readonly consumerName: string;
  /** Whether Redis answers: connected, the last round of housekeeping went well, and bytes come in where one is late. */
  isHealthy(): boolean;
  /** Stops, sends the acks that wait, leaves the groups where nothing is pending, disconnects. */
  close(): Promise<void>;
}
