import { expect, it } from 'vitest';
import { brokerOptions } from './broker-addresses.ts';

it('leaves kafkajs its own sockets where no broker is an IPv6 address', () => {
  expect(brokerOptions(['kafka-1:9092', '10.0.0.7:9092'])).toEqual({
    brokers: ['kafka-1:9092', '10.0.0.7:9092'],
  });
});

it('gives kafkajs names without colons for IPv6 addresses', () => {
  const { brokers } = brokerOptions(['kafka-1:9092', '[2001:db8::7]:9093']);
  expect(brokers).toEqual(['kafka-1:9092', '2001-db8--7.ipv6-literal.net:9093']);
});
