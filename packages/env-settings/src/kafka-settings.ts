import { readFile } from 'node:fs/promises';
import { defined } from '@trinetra/contracts';
import { addresses } from './host-ports.ts';
import { authorityProblem } from './named-files.ts';
import { flag, oneOf, type Parser, parser } from './parsers.ts';
import { optionalSetting, type SettingsOf, secret, setting } from './setting.ts';

const topic: Parser<string> = parser(
  (text) => (/^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/.test(text) ? text : undefined),
  '1 to 249 letters, digits, dots, underscores or hyphens',
  { secret: true },
);

/** How to reach a topic. */
export const kafkaSettings = {
  KAFKA_BOOTSTRAP_SERVERS: setting(addresses, 'Kafka brokers, comma separated', 'localhost:9092', {
    also: [
      'BOOTSTRAP_SERVERS',
      'KAFKA_BROKER',
      'KAFKA_BROKERS',
      'KAFKA_BROKER_LIST',
      'KAFKA_HOSTS',
      'KAFKA_SERVERS',
    ],
  }),
  KAFKA_TOPIC: setting(topic, 'topic of the detection events', 'trinetra.detections'),
  KAFKA_TLS: setting(flag, 'TLS to Kafka: on or off; KAFKA_CA_FILE turns it on', 'off', {
    also: ['KAFKA_SSL'],
  }),
  KAFKA_CA_FILE: optionalSetting('PEM file of the authority that signed the certificates of Kafka', {
    also: ['KAFKA_SSL_CA_FILE'],
    check: authorityProblem,
  }),
  KAFKA_SASL_MECHANISM: setting(
    oneOf('plain', 'scram-sha-256', 'scram-sha-512'),
    'plain, scram-sha-256 or scram-sha-512; used with KAFKA_USERNAME',
    'plain',
  ),
  KAFKA_USERNAME: optionalSetting('Kafka user', {
    also: ['KAFKA_USER', 'KAFKA_SASL_USERNAME'],
    rule: ({ KAFKA_USERNAME: user, KAFKA_PASSWORD: password }) =>
      password !== undefined && user === undefined
        ? 'expected a user beside KAFKA_PASSWORD but received nothing'
        : null,
  }),
  KAFKA_PASSWORD: secret('Kafka password', {
    also: ['KAFKA_SASL_PASSWORD'],
    rule: ({ KAFKA_USERNAME: user, KAFKA_PASSWORD: password }) =>
      user !== undefined && password === undefined
        ? 'expected a password beside KAFKA_USERNAME but received nothing'
        : null,
  }),
};

/** Values of {@link kafkaSettings}. */
export type KafkaSettings = SettingsOf<typeof kafkaSettings>;

/** TLS and SASL, as kafka-sink and kafkajs take them. */
export interface KafkaSecurity {
  /** `ca`: PEM of the authority. */
  readonly ssl: boolean | { ca: string[] };
  readonly sasl?: {
    readonly mechanism: KafkaSettings['KAFKA_SASL_MECHANISM'];
    readonly username: string;
    readonly password: string;
  };
}

/** Makes options of the values. @throws what reading the file of the authority throws. */
export async function kafkaSecurity(values: KafkaSettings): Promise<KafkaSecurity> {
  const { KAFKA_CA_FILE: caFile, KAFKA_SASL_MECHANISM: mechanism } = values;
  const { KAFKA_USERNAME: username, KAFKA_PASSWORD: password } = values;
  return defined({
    ssl: caFile === undefined ? values.KAFKA_TLS === 'on' : { ca: [await readFile(caFile, 'utf8')] },
    sasl: username === undefined || password === undefined ? undefined : { mechanism, username, password },
  });
}
