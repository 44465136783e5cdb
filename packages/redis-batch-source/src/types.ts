import type { FrameOutcome, SourceStats } from '@trinetra/contracts';

/** Outcomes that a source gives itself, whatever the user calls the others: trimmed meanwhile, given up, handed back. */
export const ownOutcomes = ['trimmed', 'dead_lettered', 'released'] as const;

/** One of {@link ownOutcomes}. */
export type OwnOutcome = (typeof ownOutcomes)[number];

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

/** Leases over all matching streams; see `createRedisBatchSource`. `Outcome`: how its leases can end. */
export interface RedisBatchSource<Outcome extends string = FrameOutcome> extends AsyncDisposable {
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
   *
   * @throws RedisBatchSourceError `unknown_outcome`; the lease is still held then.
   */
  settle(lease: Lease, outcome: Outcome | 'released'): Promise<void>;
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
  /**
   * `inFlight` is at most `maxInFlight`, and those that are parked. Groups that nobody reads are looked for with `deleteAcked: 'auto'` only.
   */
  stats(): SourceStats<Outcome | OwnOutcome>;
  /** The name under which entries are read: that of the options, or one with a suffix where another living consumer has it. */
  readonly consumerName: string;
  /** Whether Redis answers: connected, the last round of housekeeping and the last reads went well, and bytes come in where one is late. */
  isHealthy(): boolean;
  /** Stops, sends the acks that wait, leaves the groups where nothing is pending, disconnects. */
  close(): Promise<void>;
}
