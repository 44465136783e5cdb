import { parseOptions, requireOptions, silentLogger } from '@trinetra/contracts';
import { z } from 'zod';
import { KafkaSinkError } from '../errors.ts';
import { refusing } from '../options.ts';
import { OutageBuffer } from './outage-buffer.ts';
import type { Publisher, PublisherOptions } from './publisher-types.ts';

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
  const {
    sink,
    onNotPublished = () => undefined,
    logger = silentLogger,
    ...plain
  } = requireOptions(options, refusing);
  const limits = parseOptions(schema, plain, refusing);
  if (typeof sink?.write !== 'function')
    throw new KafkaSinkError('invalid_options', 'sink: expected a sink that createKafkaSink or another made');
  if (limits.failurePolicy !== 'drop') return new OutageBuffer({ sink, onNotPublished, logger, ...limits });
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
