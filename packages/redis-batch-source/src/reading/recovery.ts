import { cameraLabelOf } from '@trinetra/contracts';
import { chunksOf, streamsPerCall } from '../chunks.ts';
import { recoverEntries } from '../scripts/recover-entries.ts';
import type { SourceContext } from '../source-context.ts';
import { entryName, type Lease } from '../types.ts';

/** Options of {@link recover}. */
export interface RecoverOptions {
  readonly streams: readonly string[];
  /** `own`: what this consumer left, whatever its age; `all`: what anyone left untouched for `claimIdleMs`. */
  readonly whose: 'own' | 'all';
  /** How long this consumer has lived: what was delivered to it since then, and is not held, was lost on the way. */
  readonly lifeMs: number;
  readonly room: number;
  /** Whether entries that were delivered before without an outcome are left for later. */
  readonly leaveSuspects: boolean;
  /** Leases held now, which are no leftovers. */
  readonly held: Iterable<Lease>;
}

/** What {@link recover} found. */
export interface Recovered {
  readonly leases: readonly Lease[];
  /** Streams that may hold more, because the room was used up. */
  readonly unfinished: readonly string[];
  /** Streams whose next entry was delivered before without an outcome, and was left. */
  readonly suspect: readonly string[];
}

/**
 * Takes over pending entries. Those whose body was trimmed are counted and acked; those delivered too often move to the
 * dead-letter stream.
 */
export async function recover(context: SourceContext, options: RecoverOptions): Promise<Recovered> {
  const { client, settings, ledger, troubles, registry } = context;
  const held = Array.from(options.held, entryName);
  const isOwn = options.whose === 'own';
  const leases: Lease[] = [];
  const unfinished: string[] = [];
  const suspect: string[] = [];
  for (const streams of chunksOf(options.streams, streamsPerCall)) {
    const room = options.room - leases.length;
    if (room <= 0) {
      unfinished.push(...streams);
      continue;
    }
    const found = await recoverEntries(client, {
      ...settings,
      group: settings.consumerGroup,
      consumer: registry.name,
      streams,
      idleMs: isOwn ? 0 : settings.claimIdleMs,
      ownLifeMs: isOwn ? options.lifeMs : null,
      room,
      leaveSuspects: options.leaveSuspects,
      registry: registry.key,
      held,
    });
    const readAtMs = Date.now();
    for (const entry of found.entries) leases.push({ ...entry, readAtMs, waitedMs: 0 });
    for (const [counts, outcome] of [
      [found.trimmed, 'trimmed'],
      [found.dead, 'dead_lettered'],
    ] as const) {
      for (const [streamKey, count] of counts) {
        ledger.endedAtOnce(streamKey, outcome, count);
        const fields = { camera_id: cameraLabelOf(streamKey), count, outcome };
        settings.logger.warn(fields, 'pending entries ended unprocessed');
      }
    }
    for (const entry of found.deleteLater) context.deleteLater(entry);
    suspect.push(...found.suspects);
    unfinished.push(...found.unfinished);
    await troubles.foundAll('a pending entry cannot be recovered', found.errors);
  }
  return { leases, unfinished, suspect };
}
