/** Every way in which a delivered entry can end: the worker's ledger. */
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
