import { expect, it } from 'vitest';
import { KafkaSinkError } from './errors.ts';
import { createKafkaSink } from './kafka-sink.ts';
import { defaultKafkaSinkOptions, type KafkaSinkOptions, parseSinkOptions } from './options.ts';

it('fills in the documented defaults', () => {
  const { logger: _, traceContextOf, brokers, ...rest } = parseSinkOptions({ brokers: ['kafka-1:9092'] });
  expect(traceContextOf).toBeTypeOf('function');
  expect(brokers).toEqual(['kafka-1:9092']);
  expect(rest).toEqual(defaultKafkaSinkOptions);
  expect(rest).toMatchObject({ topic: 'trinetra.detections', acks: 1, compression: 'lz4', retries: 5 });
  expect(rest.breaker).toEqual({ failureThreshold: 1, probeIntervalMs: 1000 });
  expect(Object.isFrozen(defaultKafkaSinkOptions)).toBe(true);
});

it.each<[string, object, RegExp]>([
  ['no broker', { brokers: [] }, /^brokers: /],
  ['a broker without port', { brokers: ['kafka'] }, /^brokers\.0: expected host:port .* received "kafka"/],
  ['an IPv6 address without brackets', { brokers: ['::1:9092'] }, /^brokers\.0: .*IPv6/],
  ['a topic with a space', { topic: 'a b' }, /^topic: /],
  ['acks of 2', { acks: 2 }, /^acks: /],
  ['an unknown compression', { compression: 'zstd' }, /^compression: /],
  ['an unknown option', { batchSize: 4 }, /batchSize/],
  ['an unknown option within', { breaker: { threshold: 4 } }, /^breaker: .*threshold/],
  ['a breaker that never opens', { breaker: { failureThreshold: 0 } }, /^breaker\.failureThreshold: /],
])('refuses %s', async (_, wrong, message) => {
  const options = { brokers: ['localhost:9092'], ...wrong } as KafkaSinkOptions;
  const error: unknown = await createKafkaSink(options).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(KafkaSinkError);
  expect(error).toMatchObject({ code: 'invalid_options', message: expect.stringMatching(message) });
});

it('keeps the password out of the message', () => {
  const sasl = { mechanism: 'md5', username: 'u', password: 's3cret' } as unknown as NonNullable<
    KafkaSinkOptions['sasl']
  >;
  const parse = (): unknown => parseSinkOptions({ brokers: ['localhost:9092'], sasl });
  expect(parse).toThrow(/sasl\.mechanism/);
  expect(parse).not.toThrow(/s3cret/);
});
