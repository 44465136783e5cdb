/** Every way in which an entry that was delivered to a worker can end: the ledger of the worker. */
export const frameOutcomes = [
  'published',
  'published_degraded',
  'publish_failed',
  'corrupt',
  'skipped',
  'stale',
  'trimmed',
  'dead_lettered',
  'released',
] as const;

/** One of {@link frameOutcomes}. `released` entries stay pending for another delivery; the others are acked. */
export type FrameOutcome = (typeof frameOutcomes)[number];
