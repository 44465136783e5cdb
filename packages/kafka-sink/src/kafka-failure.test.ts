import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';
import { expect, it } from 'vitest';
import { kafkaCodes } from './kafka-codes.ts';
import { failureOf, isAnswer, refusesTimestamps } from './kafka-failure.ts';
import { isOwnFault } from './sink.ts';

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
  ['NOT_LEADER_FOR_PARTITION', 'unreachable'],
  ['INVALID_RECORD', 'invalid'],
  ['INVALID_TIMESTAMP', 'refused'],
  ['UNKNOWN', 'unknown'],
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

it('knows every error code that kafkajs knows, each once, and takes three of them for a fault of the event', () => {
  const source = readFileSync(
    createRequire(import.meta.url).resolve('kafkajs/src/protocol/error.js'),
    'utf8',
  );
  const types = [...source.matchAll(/^ *type: '([A-Z_]+)'/gm)].map(([, type]) => type);
  expect(types.length).toBeGreaterThan(80);
  expect([...kafkaCodes.keys()].toSorted()).toEqual(types.toSorted());
  const own = [...kafkaCodes].filter(([, reason]) => isOwnFault(reason)).map(([type]) => type);
  expect(own).toEqual(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']);
});

it('tells what a broker answered from what happened to the connection', () => {
  const connection = new KafkaJSConnectionError('connect ECONNREFUSED', {});
  expect([isAnswer(answer('NOT_ENOUGH_REPLICAS')), isAnswer(connection)]).toEqual([true, false]);
  const wrapped = Object.assign(new Error('gave up'), { cause: answer('INVALID_TIMESTAMP') });
  expect([refusesTimestamps(wrapped), refusesTimestamps(answer('INVALID_RECORD'))]).toEqual([true, false]);
});
