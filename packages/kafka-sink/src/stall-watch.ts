import { within } from '@trinetra/contracts';
import type { WriteFailure } from './sink.ts';

/** A write that takes longer than this is a sink that takes nothing, ms. */
const stalledMs = 2000;
/** How long a closing sink waits for such a write, ms. */
const closeMs = 1000;

/** Watches the writes of a sink whose other side may stand still: a pipe that nobody reads, a disk that is gone. */
export interface StallWatch {
  /** Does a piece of work, and knows since when. One at a time. */
  watch<T>(work: () => Promise<T>): Promise<T>;
  /** Why a write would not end now; null where none has stood still for long. */
  problem(): WriteFailure | null;
  /** Waits for `work`, unless it stands still. */
  orLeave(work: Promise<unknown>): Promise<void>;
}

/** @param who Whom the message names: "the reader of standard output". */
export function createStallWatch(who: string, now: () => number = () => performance.now()): StallWatch {
  let since: number | undefined;
  const stood = (): number => (since === undefined ? 0 : now() - since);
  return {
    watch: async (work) => {
      since = now();
      try {
        return await work();
      } finally {
        since = undefined;
      }
    },
    problem: () => {
      const ms = stood();
      if (ms < stalledMs) return null;
      const message = `${who} has taken nothing for ${Math.round(ms / 1000)} s`;
      return { ok: false, reason: 'unreachable', message };
    },
    orLeave: async (work) => void (await within(work, Math.max(closeMs, stalledMs - stood()))),
  };
}
