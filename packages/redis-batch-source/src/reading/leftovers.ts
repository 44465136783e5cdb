import type { SourceContext } from '../source-context.ts';
import type { Lease } from '../types.ts';
import { recover } from './recovery.ts';

/** Which streams are still to be looked through, and which of them have entries at their front that must run alone. */
interface Backlog {
  readonly whose: 'own' | 'all';
  readonly streams: Set<string>;
  readonly suspect: Set<string>;
}

/** What is pending in Redis and in nobody's work: our own of an earlier life, and what others abandoned. */
export class Leftovers {
  readonly #context: SourceContext;
  readonly #held: () => Iterable<Lease>;
  readonly #bornAt = performance.now();
  readonly #own: Backlog = { whose: 'own', streams: new Set(), suspect: new Set() };
  readonly #abandoned: Backlog = { whose: 'all', streams: new Set(), suspect: new Set() };

  /** @param held Leases that are pending because they are in work here. */
  constructor(context: SourceContext, held: () => Iterable<Lease>) {
    this.#context = context;
    this.#held = held;
  }

  lookForOwn(streams: readonly string[]): void {
    for (const key of streams) this.#own.streams.add(key);
  }

  lookForAbandoned(streams: readonly string[]): void {
    for (const key of streams) this.#abandoned.streams.add(key);
  }

  /** Whether there are entries that must run alone. */
  get hasSuspects(): boolean {
    return this.#own.suspect.size + this.#abandoned.suspect.size > 0;
  }

  /** Takes over up to `room` entries that may run beside others. */
  async take(room: number): Promise<readonly Lease[]> {
    const leaveSuspects = this.#context.settings.isolateRedelivered;
    for (const backlog of [this.#own, this.#abandoned]) {
      const leases = await this.#takeFrom(backlog, backlog.streams, { room, leaveSuspects });
      if (leases.length > 0) return leases;
    }
    return [];
  }

  /** Takes over one entry that must run alone. The others stay as they are: a crash now counts as a delivery of this one only. */
  async takeSuspect(): Promise<Lease | undefined> {
    for (const backlog of [this.#own, this.#abandoned]) {
      const [lease] = await this.#takeFrom(backlog, backlog.suspect, { room: 1, leaveSuspects: false });
      if (lease === undefined) continue;
      // Another stream comes next.
      if (backlog.suspect.delete(lease.streamKey)) backlog.suspect.add(lease.streamKey);
      return lease;
    }
    return undefined;
  }

  async #takeFrom(
    backlog: Backlog,
    from: Set<string>,
    options: { readonly room: number; readonly leaveSuspects: boolean },
  ): Promise<readonly Lease[]> {
    const streams = [...from];
    if (streams.length === 0) return [];
    from.clear();
    try {
      const { whose } = backlog;
      const lifeMs = performance.now() - this.#bornAt;
      const found = await recover(this.#context, { ...options, streams, whose, lifeMs, held: this.#held() });
      for (const key of found.unfinished) from.add(key);
      for (const key of found.suspect) backlog.suspect.add(key);
      return found.leases;
    } catch (error) {
      for (const key of streams) from.add(key);
      throw error;
    }
  }
}
