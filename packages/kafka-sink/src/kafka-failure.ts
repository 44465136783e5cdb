import type { WriteFailure, WriteFailureReason } from './sink.ts';

/** Kafka's error types and the error names of kafkajs, by what they mean for an event. */
const reasons: ReadonlyMap<string, WriteFailureReason> = new Map<string, WriteFailureReason>([
  ...each('too_large', ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']),
  ...each('unknown_topic', ['UNKNOWN_TOPIC_OR_PARTITION']),
  ...each('refused', [
    'KafkaJSSASLAuthenticationError',
    'SASL_AUTHENTICATION_FAILED',
    'UNSUPPORTED_SASL_MECHANISM',
    'ILLEGAL_SASL_STATE',
    'TOPIC_AUTHORIZATION_FAILED',
    'CLUSTER_AUTHORIZATION_FAILED',
    'POLICY_VIOLATION',
    'INVALID_TOPIC_EXCEPTION',
    'INVALID_REQUIRED_ACKS',
    'INVALID_RECORD',
    'UNSUPPORTED_COMPRESSION_TYPE',
  ]),
  ...each('unreachable', [
    'KafkaJSConnectionError',
    'KafkaJSConnectionClosedError',
    'KafkaJSRequestTimeoutError',
    'KafkaJSBrokerNotFound',
    'KafkaJSMetadataNotLoaded',
    'KafkaJSTopicMetadataNotLoaded',
    'KafkaJSLockTimeout',
    'LEADER_NOT_AVAILABLE',
    'NOT_LEADER_FOR_PARTITION',
    'REQUEST_TIMED_OUT',
    'BROKER_NOT_AVAILABLE',
    'REPLICA_NOT_AVAILABLE',
    'NETWORK_EXCEPTION',
    'NOT_ENOUGH_REPLICAS',
    'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
    'KAFKA_STORAGE_ERROR',
  ]),
]);

function each(
  reason: WriteFailureReason,
  names: readonly string[],
): (readonly [string, WriteFailureReason])[] {
  return names.map((name) => [name, reason]);
}

function textOf(error: unknown, key: 'type' | 'name'): string {
  if (!(error instanceof Error)) return '';
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'string' ? value : '';
}

/** Says what an error of kafkajs means. kafkajs wraps errors in errors: the first that is known decides. */
export function failureOf(error: unknown): WriteFailure {
  const message = error instanceof Error ? error.message : String(error);
  let current = error;
  for (let depth = 0; current instanceof Error && depth < 8; depth += 1) {
    const reason = reasons.get(textOf(current, 'type')) ?? reasons.get(textOf(current, 'name'));
    if (reason !== undefined) return { ok: false, reason, message: current.message };
    current = current.cause;
  }
  return { ok: false, reason: 'unknown', message };
}
