import { readFile } from 'node:fs/promises';
import type { Logger } from '@trinetra/contracts';
import {
  createKafkaSink,
  createNdjsonSink,
  createStdoutSink,
  type DetectionSink,
  type KafkaSinkOptions,
} from '@trinetra/kafka-sink';
import {
  createRedisBatchSource,
  type RedisBatchSource,
  type RedisBatchSourceOptions,
} from '@trinetra/redis-batch-source';
import { pipelineDepth } from './pipeline.ts';
import type { Settings } from './settings.ts';

/** How to reach the Redis that the configuration names. */
export async function redisOptions(config: Settings): Promise<RedisBatchSourceOptions['redis']> {
  const { REDIS_SENTINELS: addresses, REDIS_SENTINEL_MASTER: master } = config;
  const { REDIS_USERNAME: username, REDIS_PASSWORD: password, REDIS_CA_FILE: caFile } = config;
  return {
    url: config.REDIS_URL,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(caFile === undefined ? {} : { tls: { ca: await readFile(caFile, 'utf8') } }),
    ...(addresses === undefined || master === undefined
      ? {}
      : { sentinel: { addresses, master, ...sentinelUser(config) } }),
  };
}

/** Connects the source that the configuration names. */
export async function connectSource(config: Settings, logger: Logger): Promise<RedisBatchSource> {
  return createRedisBatchSource({
    redis: await redisOptions(config),
    streamPattern: config.STREAM_PATTERN,
    consumerGroup: config.CONSUMER_GROUP,
    consumerName: config.CONSUMER_NAME,
    maxInFlight: config.BATCH_SIZE * pipelineDepth,
    claimIdleMs: config.CLAIM_IDLE_MS,
    maxDeliveries: config.MAX_DELIVERIES,
    deleteAcked: config.STREAM_DELETE_ACKED,
    drainTimeoutMs: Math.round(config.STOP_TIMEOUT_MS / 2), // the rest is for leaving the group
    logger,
  });
}

function sentinelUser({ REDIS_SENTINEL_USERNAME: username, REDIS_SENTINEL_PASSWORD: password }: Settings): {
  username?: string;
  password?: string;
} {
  return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
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
  const { KAFKA_USERNAME: username, KAFKA_PASSWORD: password, KAFKA_CA_FILE: caFile } = config;
  const ssl = caFile === undefined ? config.KAFKA_TLS === 'on' : { ca: [await readFile(caFile, 'utf8')] };
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
    ...(ssl === false ? {} : { ssl }),
    ...(username === undefined || password === undefined
      ? {}
      : { sasl: { mechanism: config.KAFKA_SASL_MECHANISM, username, password } }),
    traceContextOf,
    logger,
  });
}
