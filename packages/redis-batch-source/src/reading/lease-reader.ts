import { backoffMs, pause } from '@trinetra/contracts';
import { describeError, isAccessError, isLostConnection } from '../connection/redis-errors.ts';
import { RedisBatchSourceError } from '../errors.ts';
import type { SourceContext } from '../source-context.ts';
import type { Lease } from '../types.ts';
import { IdleDelay } from './idle-delay.ts';
import { IsolationTurns } from './isolation-turns.ts';
import { Leftovers, type Whose } from './leftovers.ts';
import { readNew } from './new-entries.ts';
import { ReadPace } from './read-pace.ts';

/** While more waits than there is room for, it is read in lots of this part of `maxInFlight`, or what there is room for after so many ms. */
const lotsInFlight = 4;
const gatherMs = 5;
/** Given as the reason of aborts: without one, each would make an error with its stack. */
const wakeUp = 'woken';
/** The reply of one read takes about this part of the time after which a silent connection is given up. */
const readShare = 1 / 5;
const errorDelays = { firstMs: 50, maxMs: 2000 } as const;
/** So many reads that fail one after another, for about a second, are no passing fault. */
const errorsOfIllness = 5;

/**
 * Fills the room there is for leases: leftovers first, then new entries.
 *
 * An entry that was delivered before without an outcome may be what ended a process. It is taken once nothing else is in
 * work, and nothing is taken beside it: see {@link IsolationTurns} for when.
 */
export class LeaseReader {
  readonly #context: SourceContext;
  readonly #stopping: AbortSignal;
  readonly #release: (lease: Lease) => void;
  readonly #ready: Lease[] = [];
  readonly #leftovers: Leftovers;
  readonly #turns = new IsolationTurns();
  readonly #pace: ReadPace;
  /** The entry that was last handed out to run alone. */
  #alone: Lease | undefined;
  #started = false;
  #servesRest = false;
  #failure: unknown;
  #wake = new AbortController();
  #errorsInARow = 0;
  /** Whether the last read found as much as there was room for. */
  #roomWasFilled = false;
  readonly #idle = new IdleDelay();
  #filling: Promise<void> = Promise.resolve();

  /** @param release Told of leases that nobody pulled. */
  constructor(context: SourceContext, stopping: AbortSignal, release: (lease: Lease) => void) {
    this.#context = context;
    this.#stopping = stopping;
    this.#release = release;
    this.#pace = new ReadPace(context.settings.commandTimeoutMs * readShare);
    this.#leftovers = new Leftovers(context);
    stopping.addEventListener('abort', () => this.roomIsFree(), { once: true });
  }

  /** Streams to look through, before anything new is read, for entries of our own earlier life or such that anyone abandoned. */
  recover(whose: Whose, streams: readonly string[]): void {
    this.#leftovers.lookFor(whose, streams);
    if (streams.length > 0) this.roomIsFree();
  }

  /** Wakes a reader that waits for room, or for something to read. */
  roomIsFree(): void {
    this.#wake.abort(wakeUp);
  }

  /** Hands out after stopping, too, what was read before. */
  serveRest(): void {
    this.#servesRest = true;
  }

  /** Whether the reads of the last second or more have all failed. */
  get keepsFailing(): boolean {
    return this.#errorsInARow >= errorsOfIllness;
  }

  /** Ends `leases()` with an error that no retry mends. */
  fail(error: unknown): void {
    this.#failure ??= error;
    this.roomIsFree();
  }

  /** Resolves once no read is under way; releases what nobody pulled. To be called after stopping. */
  async close(): Promise<void> {
    await this.#filling;
    this.#releaseReady();
  }

  async *leases(): AsyncGenerator<Lease, void, void> {
    if (this.#started)
      throw new RedisBatchSourceError('already_read', 'Expected one call of leases() but received a second');
    this.#started = true;
    try {
      for (;;) {
        if (this.#failure !== undefined) throw this.#failure;
        if (this.#stopping.aborted && !(this.#servesRest && this.#ready.length > 0)) return;
        const lease = this.#ready.shift();
        if (lease === undefined) {
          this.#filling = this.#fill();
          await this.#filling;
        } else {
          yield lease;
        }
      }
    } finally {
      this.#releaseReady();
    }
  }

  #releaseReady(): void {
    for (const lease of this.#ready.splice(0)) this.#release(lease);
  }

  #room(): number {
    const { settings, registry, held, acks } = this.#context;
    const { maxInFlight } = settings;
    if (this.#alone !== undefined && held.has(this.#alone)) return 0;
    if (!registry.isKnown) return 0; // under what name to read is not settled
    // Redis is slow to take acks: reading on would pile them up.
    return acks.unacked.size > maxInFlight ? 0 : maxInFlight - held.inWork;
  }

  /** Returns with something in `#ready`, after a wait, or where reading is over. */
  async #fill(): Promise<void> {
    this.#wake = new AbortController();
    // The frames of one batch are settled one after another in the same tick: read for all of them at once.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#roomWasFilled) await this.#gatherRoom();
    await this.#context.client.whenReady(this.#stopping);
    if (this.#stopping.aborted) return;
    const room = Math.min(this.#room(), this.#pace.most);
    if (room <= 0) {
      await this.#waitUntil(() => this.#room() > 0);
      return;
    }
    const isolates = this.#leftovers.hasSuspects && this.#turns.mayIsolate();
    const { held } = this.#context;
    if (isolates && held.inWork > 0) {
      await this.#waitUntil(() => held.inWork === 0);
      return;
    }
    const startedAt = performance.now();
    try {
      const found = await this.#read(room, isolates);
      this.#roomWasFilled = this.#ready.length >= room;
      this.#errorsInARow = 0;
      const tookMs = performance.now() - startedAt;
      this.#pace.came(this.#ready.length, tookMs);
      if (found) this.#idle.found();
      else await pause(this.#idle.after(tookMs), this.#wake.signal);
    } catch (error) {
      if (isLostConnection(error)) this.#pace.lost(room);
      await this.#afterError(error);
    }
  }

  /** More entries wait than there was room for: a few ms for more room cost nobody anything, and spare Redis a round trip for each. */
  async #gatherRoom(): Promise<void> {
    const enough = Math.floor(this.#context.settings.maxInFlight / lotsInFlight);
    const until = performance.now() + gatherMs;
    while (this.#room() < enough && performance.now() < until && !this.#stopping.aborted) {
      this.#wake = new AbortController();
      await pause(Math.max(0, until - performance.now()), this.#wake.signal);
    }
    this.#wake = new AbortController();
  }

  /** Resolves to whether there is something to hand out, or to be read at once. */
  async #read(room: number, isolates: boolean): Promise<boolean> {
    if (isolates && (await this.#takeAlone())) return true;
    let found = this.#accept(await this.#leftovers.take(room), true);
    if (!found) {
      // Entries that must run alone came to light, and it is their turn.
      if (!isolates && this.#leftovers.hasSuspects && this.#turns.mayIsolate()) return true;
      found = this.#accept(await readNew(this.#context, room, this.#stopping), false);
    }
    this.#turns.hasRead(found);
    return found;
  }

  async #afterError(error: unknown): Promise<void> {
    const { logger } = this.#context.settings;
    if (isAccessError(error)) {
      this.fail(
        new RedisBatchSourceError('access_denied', `Redis refused to be read: ${describeError(error)}`, {
          cause: error,
        }),
      );
      return;
    }
    if (this.#errorsInARow === 0)
      logger.warn({ error: describeError(error) }, 'reading failed; trying again');
    if (this.#pace.losesAll) {
      const text =
        'Redis ends the connection whenever an entry is read: raise its client-output-buffer-limit, or write smaller frames';
      this.#context.warnOnce('loses all', {}, text);
    }
    this.#errorsInARow += 1;
    await pause(backoffMs(this.#errorsInARow, errorDelays), this.#stopping);
  }

  /** Resolves once `condition` holds, and also at whatever else may have changed what is to be done. */
  async #waitUntil(condition: () => boolean): Promise<void> {
    const { signal } = this.#wake;
    if (condition() || signal.aborted || this.#stopping.aborted) return;
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  /** Whether there are any. */
  #accept(leases: readonly Lease[], reclaimed: boolean): boolean {
    const { held, ledger } = this.#context;
    for (const lease of leases) {
      // In work here already: Redis lost its last writes, in a crash or a failover, and forgot that it delivered it.
      if (held.hasEntry(lease)) continue;
      held.add(lease);
      ledger.leased(lease.streamKey, { reclaimed });
      this.#ready.push(lease);
    }
    return leases.length > 0;
  }

  async #takeAlone(): Promise<boolean> {
    const lease = await this.#leftovers.takeSuspect();
    if (lease !== undefined) this.#turns.isolated();
    if (!this.#leftovers.hasSuspects) this.#turns.nothingLeft();
    if (lease === undefined) return false;
    this.#alone = lease;
    return this.#accept([lease], true);
  }
}
