import { parseOptions, refuseWith } from '@trinetra/contracts';
import { z } from 'zod';
import { MicroBatchError } from './errors.ts';

/** Options of `microBatch`. */
export interface MicroBatchOptions<T = unknown> {
  /** Items a batch, at most; a whole number from 1. */
  readonly maxBatchSize: number;
  /** Longest wait of the oldest item, ms, from 0. */
  readonly maxDelayMs: number;
  /** When the wait of an item began, by `performance.now()`. Default: when the source yielded it. */
  readonly waitingSince?: ((item: T) => number) | undefined;
  /**
   * Whether the consumer's engine works: a promise that resolves when that may have changed, or undefined if it
   * is free. A partial batch waits, and may grow, until it is free. A full one is sent anyway, to be ready.
   * Default: always free.
   */
  readonly busy?: (() => Promise<unknown> | undefined) | undefined;
  /** Aborted: the loop throws the signal's reason and the source is closed. */
  readonly signal?: AbortSignal | undefined;
}

const fn = z.custom((value) => typeof value === 'function', 'expected a function');

/** What {@link MicroBatchOptions} may hold. */
export const microBatchSchema: z.ZodType = z.strictObject({
  maxBatchSize: z.int().min(1),
  maxDelayMs: z.number().min(0).max(2_147_483_647),
  waitingSince: fn.optional(),
  busy: fn.optional(),
  signal: z.instanceof(AbortSignal).optional(),
});

/** @throws {MicroBatchError} `invalid_options`, naming every option that is wrong. */
export function parse<T>(of: z.ZodType<T>, options: object): T {
  return parseOptions(of, options, refuseWith(MicroBatchError));
}
