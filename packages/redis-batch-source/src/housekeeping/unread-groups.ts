import { cameraLabelOf } from '@trinetra/contracts';
import type { RedisBatchSourceSettings } from '../options.ts';

/** So many times `claimIdleMs` without a read, and a group that has something to read is taken for one that nobody reads. */
const unreadAfterClaimIdles = 2;

interface Position {
  readonly lastDeliveredId: string;
  readonly sinceMs: number;
  readonly isUnread: boolean;
}

/** Watches the other groups of our streams: with `deleteAcked: 'auto'`, one that nobody reads keeps every entry for ever. */
export class UnreadGroups {
  readonly #settings: Pick<RedisBatchSourceSettings, 'claimIdleMs' | 'logger'>;
  readonly #positions = new Map<string, Map<string, Position>>();
  readonly #named = new Set<string>();

  constructor(settings: Pick<RedisBatchSourceSettings, 'claimIdleMs' | 'logger'>) {
    this.#settings = settings;
  }

  /** @param behind The groups of a stream that have something to read, and the ids that they were delivered last. */
  saw(streamKey: string, behind: readonly (readonly [group: Buffer, lastDeliveredId: Buffer])[]): void {
    if (behind.length === 0) {
      this.#positions.delete(streamKey);
      return;
    }
    const before = this.#positions.get(streamKey);
    const nowMs = performance.now();
    const positions = new Map<string, Position>();
    for (const pair of behind) {
      const [group, lastDeliveredId] = [String(pair[0]), String(pair[1])];
      const known = before?.get(group);
      const sinceMs = known?.lastDeliveredId === lastDeliveredId ? known.sinceMs : nowMs;
      const isUnread = nowMs - sinceMs > this.#settings.claimIdleMs * unreadAfterClaimIdles;
      positions.set(group, { lastDeliveredId, sinceMs, isUnread });
      if (isUnread) this.#warn(streamKey, group);
    }
    this.#positions.set(streamKey, positions);
  }

  forget(streamKey: string): void {
    this.#positions.delete(streamKey);
  }

  /** The groups that nobody reads, and the number of streams in which that is so. */
  streamsByGroup(): Map<string, number> {
    const streams = new Map<string, number>();
    for (const positions of this.#positions.values()) {
      for (const [group, { isUnread }] of positions) {
        if (isUnread) streams.set(group, (streams.get(group) ?? 0) + 1);
      }
    }
    return streams;
  }

  /** Once a group: it is the same for each of its streams. */
  #warn(streamKey: string, group: string): void {
    if (this.#named.has(group)) return;
    this.#named.add(group);
    this.#settings.logger.warn(
      { group, camera_id: cameraLabelOf(streamKey) },
      'nobody reads this group, and frames stay in Redis for it until MAXLEN takes them: remove it with XGROUP DESTROY, or set deleteAcked to on',
    );
  }
}
