import { kafkaCodes } from './kafka-codes.ts';
import type { WriteFailure, WriteFailureReason } from './sink.ts';

/** Errors that kafkajs makes itself, by their names. */
const clientErrors: ReadonlyMap<string, WriteFailureReason> = new Map([
  ['KafkaJSSASLAuthenticationError', 'refused'],
  ['KafkaJSServerDoesNotSupportApiKey', 'refused'],
  ['KafkaJSConnectionError', 'unreachable'],
  ['KafkaJSConnectionClosedError', 'unreachable'],
  ['KafkaJSRequestTimeoutError', 'unreachable'],
  ['KafkaJSTimeout', 'unreachable'],
  ['KafkaJSPartialMessageError', 'unreachable'],
  ['KafkaJSBrokerNotFound', 'unreachable'],
  ['KafkaJSMetadataNotLoaded', 'unreachable'],
  ['KafkaJSTopicMetadataNotLoaded', 'unreachable'],
  ['KafkaJSLockTimeout', 'unreachable'],
  ['KafkaJSStaleTopicMetadataAssignment', 'unreachable'],
  ['KafkaJSNoBrokerAvailableError', 'unreachable'],
]);

function textOf(error: Error, key: 'type' | 'name'): string {
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'string' ? value : '';
}

/** An error and what caused it: kafkajs wraps errors in errors. */
function chainOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let current = error; current instanceof Error && chain.length < 8; current = current.cause) {
    chain.push(current);
  }
  return chain;
}

/** Says what an error of kafkajs means; of a chain the first that is known decides. */
export function failureOf(error: unknown): WriteFailure {
  for (const one of chainOf(error)) {
    const reason = kafkaCodes.get(textOf(one, 'type')) ?? clientErrors.get(textOf(one, 'name'));
    if (reason !== undefined) return { ok: false, reason, message: one.message };
  }
  return { ok: false, reason: 'unknown', message: error instanceof Error ? error.message : String(error) };
}

/** Whether a broker answered with it, and no connection or client failed. */
export function isAnswer(error: unknown): boolean {
  return chainOf(error).some((one) => textOf(one, 'type') !== '');
}

/** Whether a broker refused the timestamps of messages, because its clock and ours differ by more than the topic allows. */
export function refusesTimestamps(error: unknown): boolean {
  return chainOf(error).some((one) => textOf(one, 'type') === 'INVALID_TIMESTAMP');
}
