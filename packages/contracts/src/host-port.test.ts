import { expect, it } from 'vitest';
import { parseHostPort } from './host-port.ts';

it.each([
  ['kafka-1.example:9092', { host: 'kafka-1.example', port: 9092 }],
  ['10.0.0.7:1', { host: '10.0.0.7', port: 1 }],
  ['[::1]:9092', { host: '::1', port: 9092 }],
  ['[2001:db8::7]:65535', { host: '2001:db8::7', port: 65_535 }],
  ['kafka', null],
  ['kafka:0', null],
  ['kafka:65536', null],
  ['::1:9092', null],
  ['[::1]', null],
  ['[kafka]:9092', null],
  ['[::g]:9092', null],
  ['kafka://host:9092', null],
  ['host/path:9092', null],
  ['two words:9092', null],
])('reads %s', (text, address) => {
  expect(parseHostPort(text)).toEqual(address);
});
