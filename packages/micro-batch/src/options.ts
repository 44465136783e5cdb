import { z } from 'zod';

/** Options of `microBatch`. */
export interface MicroBatchOptions {
  /** Items a batch, at most; a whole number from 1. */
  readonly maxBatchSize: number;
  /** Longest wait of the oldest item, ms, from 0. */
  readonly maxDelayMs: number;
  /** Aborted: the loop throws the signal's reason and the source is closed. */
  readonly signal?: AbortSignal | undefined;
}

const schema = z.strictObject({
  maxBatchSize: z.int().min(1),
  maxDelayMs: z.number().min(0).max(2_147_483_647),
  signal: z.instanceof(AbortSignal).optional(),
});

/** @throws {RangeError} which names every option that is out of range. */
export function parseMicroBatchOptions(options: MicroBatchOptions): MicroBatchOptions {
  const result = schema.safeParse(options);
  if (result.success) return options;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new RangeError(problems.join('; '));
}
