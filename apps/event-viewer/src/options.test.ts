import { kafkaSettings } from '@trinetra/env-settings';
import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.ts';

const problemsOf = (values: Record<string, unknown>, env: Record<string, string> = {}): string[] => {
  try {
    parseOptions(values, env);
    return [];
  } catch (error) {
    return error instanceof Error ? error.message.split('\n') : [];
  }
};

describe('parseOptions', () => {
  it('takes the variables of the worker, and the command line before them', () => {
    const env = {
      KAFKA_BOOTSTRAP_SERVERS: 'a:1, b:2',
      KAFKA_TOPIC: 'of.env',
      KAFKA_TLS: 'ON',
      KAFKA_CA_FILE: '/ca.pem',
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256',
      KAFKA_USERNAME: 'me',
      KAFKA_PASSWORD: 'hush',
    };
    expect(parseOptions({ topic: 'of.line' }, env).source).toEqual({
      kind: 'kafka',
      group: undefined,
      fromBeginning: false,
      untilEnd: false,
      settings: {
        KAFKA_BOOTSTRAP_SERVERS: ['a:1', 'b:2'],
        KAFKA_TOPIC: 'of.line',
        KAFKA_TLS: 'on',
        KAFKA_CA_FILE: '/ca.pem',
        KAFKA_SASL_MECHANISM: 'scram-sha-256',
        KAFKA_USERNAME: 'me',
        KAFKA_PASSWORD: 'hush',
      },
    });
    expect(parseOptions({}, { KAFKA_TLS: '' }).source).toMatchObject({
      settings: {
        KAFKA_BOOTSTRAP_SERVERS: ['localhost:9092'],
        KAFKA_TOPIC: 'trinetra.detections',
        KAFKA_TLS: 'off',
        KAFKA_USERNAME: undefined,
      },
    });
  });

  it.each([
    [{ limit: '0' }, '--limit: expected a whole number from 1 but received "0"'],
    [{ camera: ['cam_[z-a]'] }, '--camera: expected a glob like cam_entrance_* but received "cam_[z-a]"'],
    [{ status: 'ok,bad' }, '--status: expected ok, degraded, failed, comma separated, but received "ok,bad"'],
    [{ plot: 'a.gif' }, '--plot: expected a file name that ends in .svg or .png'],
    [
      { redis: 'http://:hush@host' },
      '--redis: expected an address like redis://host:6379 or rediss://host:6379',
    ],
    [{ file: 'a', topic: 'b' }, '--topic: it is for Kafka, expected no --file beside it'],
    [{ file: '-', follow: true }, '--follow: expected --file PATH beside it'],
    [{ untilEnd: true }, '--until-end: expected --from-beginning beside it'],
    [{ embeddings: true }, '--embeddings: expected --json beside it, and no --stats'],
    [
      { saveCrops: 'x', redis: 'redis://a' },
      '--save-crops: it stores pictures of people. Expected --i-may-store-personal-data beside it, from somebody who may',
    ],
    [{ saveCrops: 'x', iMayStorePersonalData: true }, '--save-crops: expected --redis URL beside it'],
  ])('refuses %o', (values, message) => {
    expect(problemsOf(values)).toEqual([message]);
  });

  it.each(['kafka-1:9092', '[::1]:9092', '::1:9092', 'kafka', 'kafka:65536'])(
    'takes the broker %s where the worker does',
    (broker) => {
      const isTaken = kafkaSettings.KAFKA_BOOTSTRAP_SERVERS.schema.safeParse(broker).success;
      expect(problemsOf({ brokers: broker })).toHaveLength(isTaken ? 0 : 1);
    },
  );

  it('refuses wrong variables, never repeating a password', () => {
    expect(
      problemsOf({}, { KAFKA_BOOTSTRAP_SERVERS: 'x', KAFKA_TLS: 'maybe', KAFKA_PASSWORD: 'hush' }),
    ).toEqual([
      'KAFKA_BOOTSTRAP_SERVERS: expected host:port[,host:port...], IPv6 hosts in brackets, but received "x"',
      'KAFKA_TLS: expected one of on, off, true, false, 1, 0 but received "maybe"',
      'KAFKA_USERNAME: expected a user beside KAFKA_PASSWORD but received nothing',
    ]);
  });

  it('does not look at Kafka where a file is read', () => {
    expect(parseOptions({ file: '-' }, { KAFKA_TLS: 'maybe' }).source).toMatchObject({
      kind: 'file',
      path: '-',
    });
  });
});
