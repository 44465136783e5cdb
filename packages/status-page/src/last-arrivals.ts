import type { CameraCounts } from './camera-counts.ts';

interface Seen {
  delivered: number;
  lastMs: number;
  readonly firstMs: number;
  readonly firstDelivered: number;
}

/** Remembers the last arrival of each camera, and its usual gap. */
export class LastArrivals {
  readonly #seen = new Map<string, Seen>();

  /** @param known Whether arrivals are known at all. Unknown time does not count as silence. */
  note(cameras: ReadonlyMap<string, CameraCounts>, nowMs: number, known: boolean): void {
    for (const [id, { delivered, unread }] of cameras) {
      const seen = this.#seen.get(id);
      if (seen === undefined || delivered < seen.delivered) {
        this.#seen.set(id, { delivered, lastMs: nowMs, firstMs: nowMs, firstDelivered: delivered });
        continue;
      }
      if (delivered > seen.delivered || (unread ?? 0) > 0 || !known) seen.lastMs = nowMs;
      seen.delivered = delivered;
    }
    for (const id of this.#seen.keys()) if (!cameras.has(id)) this.#seen.delete(id);
  }

  quietSeconds(id: string, nowMs: number): number {
    return (nowMs - (this.#seen.get(id)?.lastMs ?? nowMs)) / 1000;
  }

  /** Mean time between two frames until the last one; 0 if no two are known. */
  usualGapSeconds(id: string): number {
    const seen = this.#seen.get(id);
    if (seen === undefined || seen.delivered === seen.firstDelivered) return 0;
    return (seen.lastMs - seen.firstMs) / 1000 / (seen.delivered - seen.firstDelivered);
  }
}
