import { chunksOf } from '../chunks.ts';
import { describeError } from '../connection/redis-errors.ts';
import type { GroupContext } from '../group-context.ts';
import { touchEntries } from '../scripts/touch-entries.ts';
import { type EntryRef, entryName, type Lease } from '../types.ts';

/** Leases that one script call keeps alive: a bound on how long Redis is busy with it. */
const leasesPerBeat = 500;

/** The leases without an outcome. Those that are parked are done with but for an answer from elsewhere. */
export class HeldLeases {
  readonly #context: GroupContext;
  readonly #held = new Map<string, Lease>();
  readonly #parked = new Set<Lease>();
  /** Those whose deliveries Redis may still count. */
  #newlyParked: Lease[] = [];

  constructor(context: GroupContext) {
    this.#context = context;
  }

  /** Leases that are held and not parked. */
  get inWork(): number {
    return this.#held.size - this.#parked.size;
  }

  all(): Lease[] {
    return [...this.#held.values()];
  }

  /** Whether this very lease is held; once it is parked it is another one. */
  has(lease: Lease): boolean {
    return this.#held.get(entryName(lease)) === lease;
  }

  hasEntry(entry: EntryRef): boolean {
    return this.#held.has(entryName(entry));
  }

  add(lease: Lease): void {
    this.#held.set(entryName(lease), lease);
  }

  /** Whether it was held. */
  remove(lease: Lease): boolean {
    if (!this.has(lease)) return false;
    this.#parked.delete(lease);
    return this.#held.delete(entryName(lease));
  }

  park(lease: Lease): Lease {
    if (!this.has(lease) || this.#parked.has(lease)) return lease;
    const parked = { ...lease, fields: [], deliveryCount: 0 };
    this.add(parked);
    this.#parked.add(parked);
    this.#newlyParked.push(parked);
    if (this.#newlyParked.length === 1) setImmediate(() => void this.#forgetDeliveries());
    return parked;
  }

  /** Keeps leases from looking abandoned. */
  async keepAlive(leases: readonly Lease[] = this.all()): Promise<void> {
    const { logger } = this.#context.settings;
    for (const some of chunksOf(leases, leasesPerBeat)) {
      const count = some.length - (await touchEntries(this.#context, some, 0));
      if (count > 0) logger.debug({ count }, 'leases were settled or lost meanwhile');
    }
  }

  /** A heartbeat of what was parked just now. One that fails is made good by the next of all. */
  async #forgetDeliveries(): Promise<void> {
    const leases = this.#newlyParked.splice(0).filter((lease) => this.#parked.has(lease));
    try {
      await this.keepAlive(leases);
    } catch (error) {
      const { logger } = this.#context.settings;
      logger.debug({ error: describeError(error) }, 'deliveries of parked leases are not reset yet');
    }
  }
}
