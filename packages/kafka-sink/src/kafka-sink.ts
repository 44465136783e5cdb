import { registerLz4 } from './lz4.ts';
import { eventFormat, ownFormat } from './message-format.ts';
import { type KafkaMessageSinkOptions, type KafkaSinkOptions, parseSinkOptions } from './options.ts';
import { PartitionedSink } from './partitioned-sink.ts';
import { quietIdleQueues } from './quiet-idle-queue.ts';
import type { DetectionSink, MessageSink } from './sink.ts';

/**
 * Makes a sink that publishes each event as one message: key `camera_id`, value the event's JSON, headers
 * `content-type`, `schema_version` and `frame_id`, and `traceparent` where there is one. It connects at the first write, so the cluster may be away now.
 *
 * Each partition goes on by itself: one that takes no events holds up its own cameras and no other. Delivery is at least once: a try
 * that seemed to fail may have arrived, so consumers de-duplicate on `camera_id` and `frame_id`. With `acks: 0` only a lost connection
 * is noticed. Messages carry the time of this machine; where the broker refuses it, they are sent without one.
 *
 * With `key` and `encode` it publishes other messages in the same way.
 *
 * @throws {@link KafkaSinkError} `invalid_options`.
 * @example
 * const sink = await createKafkaSink({ brokers: ['localhost:9092'] });
 * const [result] = await sink.write([event]);
 * await sink.close();
 */
export function createKafkaSink<Message extends object>(
  options: KafkaMessageSinkOptions<Message>,
): Promise<MessageSink<Message>>;
export function createKafkaSink(options: KafkaSinkOptions): Promise<DetectionSink>;
export async function createKafkaSink<Message extends object>(
  options: KafkaSinkOptions | KafkaMessageSinkOptions<Message>,
): Promise<DetectionSink | MessageSink<Message>> {
  const settings = parseSinkOptions(options);
  quietIdleQueues();
  if (settings.compression === 'lz4') registerLz4();
  const { maxMessageBytes, traceContextOf } = settings;
  if ('encode' in options && options.encode !== undefined)
    return new PartitionedSink(settings, ownFormat(options, maxMessageBytes));
  return new PartitionedSink(settings, eventFormat(maxMessageBytes, traceContextOf));
}
