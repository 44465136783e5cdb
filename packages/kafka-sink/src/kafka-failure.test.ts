import kafkajs from 'kafkajs';
import { expect, it } from 'vitest';
import { failureOf } from './kafka-failure.ts';

const {
  KafkaJSConnectionError,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSProtocolError,
} = kafkajs;

function answer(type: string): Error {
  return new KafkaJSProtocolError(Object.assign(new Error(`broker says ${type}`), { type, retriable: true }));
}

it.each([
  ['MESSAGE_TOO_LARGE', 'too_large'],
  ['RECORD_LIST_TOO_LARGE', 'too_large'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'unknown_topic'],
  ['TOPIC_AUTHORIZATION_FAILED', 'refused'],
  ['NOT_ENOUGH_REPLICAS', 'unreachable'],
  ['SOMETHING_NEW', 'unknown'],
])('reads %s as %s', (type, reason) => {
  expect(failureOf(answer(type))).toEqual({ ok: false, reason, message: `broker says ${type}` });
});

it('looks into the errors that kafkajs wraps', () => {
  const inner = new KafkaJSConnectionError('connect ECONNREFUSED', {});
  const middle = new KafkaJSNumberOfRetriesExceeded(inner, { retryCount: 1, retryTime: 1 });
  const outer = Object.assign(new KafkaJSNonRetriableError(middle), { cause: middle });
  expect(failureOf(outer)).toMatchObject({ reason: 'unreachable', message: 'connect ECONNREFUSED' });
});

it('calls what it does not know unknown and keeps the words', () => {
  expect(failureOf(new TypeError('x is not a function'))).toMatchObject({
    reason: 'unknown',
    message: 'x is not a function',
  });
  expect(failureOf('words')).toMatchObject({ reason: 'unknown', message: 'words' });
});
