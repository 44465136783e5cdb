import type { Logger } from '@trinetra/contracts';
import { kafkaSecurity, redisConnection } from '@trinetra/env-settings';
import {
  createKafkaSink,
  createNdjsonSink,
  createStdoutSink,
  type DetectionSink,
  type KafkaSinkOptions,
} from '@trinetra/kafka-sink';
import { createRedisBatchSource, type RedisBatchSource } from '@trinetra/redis-batch-source';
import { maxInFlight } from './pipeline.ts';
import type { Settings } from './settings.ts';

/** Connects the source that the configuration names. */
export async function connectSource(config: Settings, logger: Logger): Promise<RedisBatchSource> {
  return createRedisBatchSource({
    redis: await redisConnection(config),
    streamPattern: config.STREAM_PATTERN,
    consumerGroup: config.CONSUMER_GROUP,
    consumerName: config.CONSUMER_NAME,
    maxInFlight: maxInFlight(config.BATCH_SIZE),
    claimIdleMs: config.CLAIM_IDLE_MS,
    maxDeliveries: config.MAX_DELIVERIES,
    deleteAcked: config.STREAM_DELETE_ACKED,
    drainTimeoutMs: Math.round(config.STOP_TIMEOUT_MS / 2), // the rest is for leaving the group
    logger,
  });
}

export interface SinkLinks extends Required<Pick<KafkaSinkOptions, 'traceContextOf'>> {
  /** Called where the sink is lost to this process for good. */
  readonly onGone: () => void;
}

/** Makes the sink that the configuration names; Kafka may be away at this time. */
export async function createSink(
  config: Settings,
  logger: Logger,
  { onGone, traceContextOf }: SinkLinks,
): Promise<DetectionSink> {
  if (config.SINK.kind === 'stdout') return createStdoutSink({ onGone });
  if (config.SINK.kind === 'ndjson') return createNdjsonSink({ path: config.SINK.path, logger });
  return createKafkaSink({
    brokers: config.KAFKA_BOOTSTRAP_SERVERS,
    topic: config.KAFKA_TOPIC,
    clientId: config.CONSUMER_NAME,
    acks: config.KAFKA_ACKS === 'all' || config.KAFKA_ACKS === '-1' ? -1 : config.KAFKA_ACKS === '0' ? 0 : 1,
    compression: config.KAFKA_COMPRESSION,
    retries: config.KAFKA_RETRIES,
    retryBackoffMs: config.KAFKA_RETRY_BACKOFF_MS,
    metadataMaxAgeMs: config.KAFKA_METADATA_MAX_AGE_MS,
    closeTimeoutMs: 1000, // every write is finished or given up by then
    ...(await kafkaSecurity(config)),
    traceContextOf,
    logger,
  });
}
