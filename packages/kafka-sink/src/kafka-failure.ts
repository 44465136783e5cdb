import { errorText } from '@trinetra/contracts';
import { clientErrors, kafkaCodes } from './kafka-codes.ts';
import type { WriteFailure } from './sink.ts';

/** The name that kafkajs gives to the error code of a broker; empty for what no broker answered. */
function ownTypeOf(error: Error): string {
  return 'type' in error && typeof error.type === 'string' ? error.type : '';
}

/** An error and what caused it: kafkajs wraps errors in errors. */
function chainOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let current = error; current instanceof Error && chain.length < 8; current = current.cause) {
    chain.push(current);
  }
  return chain;
}

/** The same of what it wraps. */
function typeOf(error: unknown): string {
  return chainOf(error).map(ownTypeOf).find(Boolean) ?? '';
}

/** Says what an error of kafkajs means; of a chain the first that is known decides. */
export function failureOf(error: unknown): WriteFailure {
  for (const one of chainOf(error)) {
    const reason = kafkaCodes.get(ownTypeOf(one)) ?? clientErrors.get(one.name);
    if (reason !== undefined) return { ok: false, reason, message: one.message };
  }
  return { ok: false, reason: 'unknown', message: errorText(error) };
}

/** Whether a broker answered with it, and no connection or client failed. */
export function isAnswer(error: unknown): boolean {
  return typeOf(error) !== '';
}

/** Answers after which the messages may be in the log all the same. */
const ambiguous = new Set([
  'UNKNOWN',
  'REQUEST_TIMED_OUT',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'KAFKAJS_UNKNOWN_ERROR_CODE',
]);
/** Answers to a producer id that the broker does not know, or whose earlier batches it has lost. */
const producerTypes = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
]);

/** Whether messages that were sent may have been written, though the request failed. */
export function mayHaveArrived(error: unknown): boolean {
  return !isAnswer(error) || ambiguous.has(typeOf(error));
}

/** Whether the broker has the messages already, from a try whose answer was lost. */
export function isDuplicate(error: unknown): boolean {
  return typeOf(error) === 'DUPLICATE_SEQUENCE_NUMBER';
}

/** Whether another producer id is needed. */
export function refusesProducer(error: unknown): boolean {
  return producerTypes.has(typeOf(error));
}

/** Whether only another write can show that the failure is over, and no connection that can be made. */
export function onlyAWriteTells(error: unknown): boolean {
  const timedOut = chainOf(error).some(({ name }) => name === 'KafkaJSRequestTimeoutError');
  return isAnswer(error) || timedOut || failureOf(error).reason === 'unknown';
}

/** Whether a broker refused the timestamps of messages, because its clock and ours differ by more than the topic allows. */
export function refusesTimestamps(error: unknown): boolean {
  return typeOf(error) === 'INVALID_TIMESTAMP';
}
