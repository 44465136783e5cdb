import { type Logger, parseOptions, silentLogger } from '@trinetra/contracts';
import { z } from 'zod';
import { KafkaSinkError } from '../errors.ts';
import type { DetectionSink } from '../sink.ts';
import { OutageBuffer } from './outage-buffer.ts';
import type { Publisher } from './publisher-types.ts';

/**
 * What becomes of events that the sink cannot take now:
 * - `buffer`: they wait in memory, and their frames leave the work;
 * - `hold`: they wait in memory, and their frames stay in work, so that no more is read than there is room for;
 * - `drop`: they fail at once.
 */
export type FailurePolicy = 'buffer' | 'hold' | 'drop';

/** Options of {@link createPublisher}. */
export interface PublisherOptions {
  readonly sink: DetectionSink;
  /** Default `buffer`. */
  readonly failurePolicy?: FailurePolicy;
  /** Bound for the JSON of all events that wait. Default 64 MiB. */
  readonly maxBytes?: number;
  /** The events of a write that takes longer than this wait like the others, so that the caller goes on, ms. Default 500. */
  readonly stallMs?: number;
  /** Between two tries while the sink is away, ms. Default 250. */
  readonly retryDelayMs?: number;
  /** Events of a camera in one write of the way back. Default 32. */
  readonly maxBatchSize?: number;
  /** Told of each event that could not be published at once, once: the first try failed, or it waits behind such. */
  readonly onNotPublished?: () => void;
  /** Default: silent. */
  readonly logger?: Logger;
}

const whole = z.number().int().min(1);
const schema = z.strictObject({
  failurePolicy: z.enum(['buffer', 'hold', 'drop']).default('buffer'),
  maxBytes: whole.default(64 * 1024 * 1024),
  stallMs: whole.default(500),
  retryDelayMs: whole.default(250),
  maxBatchSize: whole.default(32),
});

/**
 * Publishes through a sink that may be away. By default events wait in memory meanwhile, bounded and each camera's in order, and are
 * sent on when it is back. A camera whose events wait holds up no other. Of too many the oldest are given up first: consumers prefer
 * what is recent.
 *
 * @throws {@link KafkaSinkError} `invalid_options`.
 * @example
 * const publisher = createPublisher({ sink });
 * for (const delivery of await publisher.publish(events)) {
 *   const result = await delivery.result;
 * }
 */
export function createPublisher(options: PublisherOptions): Publisher {
  const { sink, onNotPublished = () => undefined, logger = silentLogger, ...plain } = options;
  const { failurePolicy, ...limits } = parseOptions(schema, plain, {
    errorOf: (message, because) => new KafkaSinkError('invalid_options', message, because),
  });
  if (failurePolicy !== 'drop') {
    return new OutageBuffer({ sink, onNotPublished, logger, ...limits, holds: failurePolicy === 'hold' });
  }
  return {
    publish: async (events) =>
      (await sink.write(events)).map((result) => {
        if (!result.ok) onNotPublished();
        return { waiting: false, result };
      }),
    stats: () => ({ events: 0, bytes: 0 }),
    close: async () => undefined,
  };
}
