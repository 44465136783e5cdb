import { cameraLabelOf } from '@trinetra/contracts';
import { chunksOf, streamsPerCall } from '../chunks.ts';
import { recoverEntries } from '../scripts/recover-entries.ts';
import type { ByStream } from '../scripts/reply.ts';
import type { SourceContext } from '../source-context.ts';
import type { Lease } from '../types.ts';

/** Whose entries: what this consumer left, whatever its age, or what anyone left untouched for `claimIdleMs`. */
export type Whose = 'own' | 'all';

/** Which streams are still to be looked through, and which of them have entries at their front that must run alone. */
interface Backlog {
  readonly streams: Set<string>;
  readonly suspect: Set<string>;
}

/** What is pending in Redis and in nobody's work: our own of an earlier life, and what others abandoned. */
export class Leftovers {
  readonly #context: SourceContext;
  readonly #bornAt = performance.now();
  readonly #backlogs: Readonly<Record<Whose, Backlog>> = {
    own: { streams: new Set(), suspect: new Set() },
    all: { streams: new Set(), suspect: new Set() },
  };

  constructor(context: SourceContext) {
    this.#context = context;
  }

  lookFor(whose: Whose, streams: readonly string[]): void {
    for (const key of streams) this.#backlogs[whose].streams.add(key);
  }

  /** Whether there are entries that must run alone. */
  get hasSuspects(): boolean {
    const { own, all } = this.#backlogs;
    return own.suspect.size + all.suspect.size > 0;
  }

  /** Takes over up to `room` entries that may run beside others. */
  async take(room: number): Promise<readonly Lease[]> {
    for (const whose of ['own', 'all'] as const) {
      const { streams } = this.#backlogs[whose];
      const leases = await this.#takeFrom(whose, streams, room, this.#context.settings.isolateRedelivered);
      if (leases.length > 0) return leases;
    }
    return [];
  }

  /** Takes over one entry that must run alone. The others stay as they are: a crash now counts as a delivery of this one only. */
  async takeSuspect(): Promise<Lease | undefined> {
    for (const whose of ['own', 'all'] as const) {
      const { suspect } = this.#backlogs[whose];
      const [lease] = await this.#takeFrom(whose, suspect, 1, false);
      if (lease === undefined) continue;
      // Another stream comes next.
      if (suspect.delete(lease.streamKey)) suspect.add(lease.streamKey);
      return lease;
    }
    return undefined;
  }

  /**
   * Those whose body was trimmed are counted and acked; those delivered too often move to the dead-letter stream. Streams with more than
   * there is room for stay in `from`.
   */
  async #takeFrom(
    whose: Whose,
    from: Set<string>,
    room: number,
    leaveSuspects: boolean,
  ): Promise<readonly Lease[]> {
    const { acks, held, troubles } = this.#context;
    const leases: Lease[] = [];
    const streams = [...from];
    from.clear();
    const options = {
      // What was delivered since then, and is not held, was lost on the way.
      ownLifeMs: whose === 'own' ? performance.now() - this.#bornAt : undefined,
      leaveSuspects,
      // Settled ones, too, while Redis may not know of it.
      held: [...held.all(), ...acks.unacked],
    };
    try {
      for (const some of chunksOf(streams, streamsPerCall)) {
        if (leases.length >= room) {
          for (const key of some) from.add(key);
          continue;
        }
        const [entries, trimmed, dead, deleteLater, unfinished, suspects, errors] = await recoverEntries(
          this.#context,
          { ...options, streams: some, room: room - leases.length },
        );
        const readAtMs = Date.now();
        for (const [key, id, fields, deliveryCount] of entries) {
          const entry = { streamKey: String(key), entryId: String(id), fields, deliveryCount };
          leases.push({ ...entry, readAtMs, waitedMs: 0 });
        }
        this.#ended('trimmed', trimmed);
        this.#ended('dead_lettered', dead);
        acks.deleteLater(deleteLater.map(([key, id]) => ({ streamKey: String(key), entryId: String(id) })));
        for (const key of suspects) this.#backlogs[whose].suspect.add(String(key));
        for (const key of unfinished) from.add(String(key));
        await troubles.foundAll('a pending entry cannot be recovered', errors);
      }
      return leases;
    } catch (error) {
      for (const key of streams) from.add(key);
      throw error;
    }
  }

  #ended(outcome: 'trimmed' | 'dead_lettered', counts: ByStream<number>): void {
    const { ledger, settings } = this.#context;
    for (const [key, count] of counts) {
      const streamKey = String(key);
      ledger.endedAtOnce(streamKey, outcome, count);
      const fields = { camera_id: cameraLabelOf(streamKey), count, outcome };
      settings.logger.warn(fields, 'pending entries ended unprocessed');
    }
  }
}
