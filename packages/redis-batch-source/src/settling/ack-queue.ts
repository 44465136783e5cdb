import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs, pause } from '@trinetra/contracts';
import { describeError, isAccessError } from '../connection/redis-errors.ts';
import type { GroupContext } from '../group-context.ts';
import { ackEntries } from '../scripts/ack-entries.ts';
import { touchEntries } from '../scripts/touch-entries.ts';
import type { EntryRef, Lease } from '../types.ts';

interface Waiting {
  readonly lease: Lease;
  readonly release: boolean;
  readonly resolve: () => void;
}

/** A bound on how long Redis is busy with one call, and on the arguments that its scripts take. */
const maxAcksPerCall = 500;
const retryDelays = { firstMs: 50, maxMs: 1000 } as const;
/** What is acked while it is too early to delete it: the frames of a few seconds. The rest is left to the MAXLEN of its writer. */
const maxEarly = 5000;

/**
 * Sends the acks of one tick in one round trip, and again until Redis has them: a forgotten ack is a frame that is
 * processed twice. At most `maxInFlight` acks plus those under way wait here, since reads need Redis too.
 */
export class AckQueue {
  readonly #context: GroupContext;
  /** Settled, but for all we know still pending in Redis. */
  readonly #unacked = new Set<Lease>();
  #waiting: Waiting[] = [];
  /** Acked, but perhaps not deleted yet. */
  #early: EntryRef[] = [];
  #flushing: Promise<void> | undefined;
  #giveUpAt: number | undefined;
  readonly #draining = new AbortController();

  constructor(context: GroupContext) {
    this.#context = context;
  }

  get unacked(): ReadonlySet<Lease> {
    return this.#unacked;
  }

  add(lease: Lease, options: { readonly release: boolean }): Promise<void> {
    this.#unacked.add(lease);
    return new Promise((resolve) => {
      this.#waiting.push({ lease, release: options.release, resolve });
      this.#flushing ??= this.#flush();
    });
  }

  /** Notes what could not be deleted at its ack. */
  deleteLater(entries: readonly EntryRef[]): void {
    if (this.#early.length < maxEarly)
      this.#early.push(...entries.map(({ streamKey, entryId }) => ({ streamKey, entryId })));
  }

  /** Deletes what could not be deleted at its ack, because the groups that will read the stream were not known yet. */
  async deleteEarly(): Promise<void> {
    const entries = this.#early.splice(0, maxAcksPerCall);
    if (entries.length > 0) await this.#ack(entries);
  }

  /** From now on acks are tried for `drainTimeoutMs` at most. */
  startDraining(): void {
    this.#giveUpAt ??= performance.now() + this.#context.settings.drainTimeoutMs;
    this.#draining.abort();
  }

  /** Resolves once nothing waits. */
  async idle(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
  }

  async #flush(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    let failures = 0;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, maxAcksPerCall);
      try {
        await this.#send(batch);
        this.#finish(batch);
        failures = 0;
      } catch (error) {
        this.#waiting = [...batch, ...this.#waiting];
        if (isAccessError(error) || this.#isGivenUp()) {
          this.#giveUp(describeError(error));
        } else {
          failures += 1;
          await this.#pause(backoffMs(failures, retryDelays));
        }
      }
    }
    this.#flushing = undefined;
  }

  #isGivenUp(): boolean {
    return this.#giveUpAt !== undefined && performance.now() >= this.#giveUpAt;
  }

  /** The entries stay pending; whoever takes them over processes them again. */
  #giveUp(reason: string): void {
    const { logger } = this.#context.settings;
    logger.error({ entries: this.#waiting.length, reason }, 'entries could not be acked and stay pending');
    this.#finish(this.#waiting);
    this.#waiting = [];
  }

  #finish(batch: readonly Waiting[]): void {
    for (const { lease, resolve } of batch) {
      this.#unacked.delete(lease);
      resolve();
    }
  }

  async #pause(ms: number): Promise<void> {
    if (this.#giveUpAt === undefined) await pause(ms, this.#draining.signal);
    else await delay(Math.min(ms, Math.max(0, this.#giveUpAt - performance.now())));
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    const leasesOf = (toRelease: boolean): Lease[] =>
      batch.filter(({ release }) => release === toRelease).map(({ lease }) => lease);
    const [acks, releases] = [leasesOf(false), leasesOf(true)];
    const sent: Promise<unknown>[] = [];
    if (acks.length > 0) sent.push(this.#ack(acks));
    // So idle that others may claim them at once.
    if (releases.length > 0)
      sent.push(touchEntries(this.#context, releases, this.#context.settings.claimIdleMs));
    const failed = (await Promise.allSettled(sent)).find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** A stream that takes no ack, since another kind of key is in its place, is told of and not tried again. */
  async #ack(entries: readonly EntryRef[]): Promise<void> {
    const [tooEarly, errors] = await ackEntries(this.#context, entries);
    if (tooEarly === 1) this.deleteLater(entries);
    await this.#context.troubles.foundAll('entries of a stream cannot be acked', errors);
  }
}
