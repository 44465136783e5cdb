import { readFile } from 'node:fs/promises';
import { brokerOptions, parseBroker } from '@trinetra/kafka-sink';
import type { KafkaConfig, SASLOptions } from 'kafkajs';
import { z } from 'zod';
import { reasonOf, ViewerError } from './errors.ts';

/** How to reach the topic. */
export interface KafkaSettings {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly tls: boolean;
  readonly caFile: string | undefined;
  readonly sasl:
    | {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
        readonly username: string;
        readonly password: string;
      }
    | undefined;
}

const brokers = z.string().transform((text, context) => {
  const list = text.split(',').map((broker) => broker.trim());
  if (list.every((broker) => parseBroker(broker) !== null)) return list;
  context.addIssue(`expected host:port[,host:port...] but received "${text}"`);
  return z.NEVER;
});

const onOff = z
  .enum(['on', 'off', 'true', 'false', '1', '0'], {
    error: ({ input }) => `expected on or off but received "${String(input)}"`,
  })
  .transform((value) => ['on', 'true', '1'].includes(value));

/** The variables of the worker that say how to reach Kafka, with the worker's defaults. */
const schema = z.object({
  KAFKA_BOOTSTRAP_SERVERS: brokers.prefault('localhost:9092'),
  KAFKA_TOPIC: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{1,249}$/, 'expected 1 to 249 letters, digits, dots, underscores or hyphens')
    .default('trinetra.detections'),
  KAFKA_TLS: onOff.prefault('off'),
  KAFKA_CA_FILE: z.string().optional(),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'], {
      error: ({ input }) =>
        `expected one of plain, scram-sha-256, scram-sha-512 but received "${String(input)}"`,
    })
    .default('plain'),
  KAFKA_USERNAME: z.string().optional(),
  KAFKA_PASSWORD: z.string().optional(),
});

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws {ViewerError} `bad_options`, one line for each bad value; never a password. */
export function parseKafkaSettings(env: Environment): KafkaSettings {
  // As the worker reads them: a variable that is empty is not set; words in any case.
  const given = Object.entries(env).filter(([, value]) => value !== undefined && value !== '');
  const words = new Set(['KAFKA_TLS', 'KAFKA_SASL_MECHANISM']);
  const values = given.map(([name, value]) => [name, words.has(name) ? value?.toLowerCase() : value]);
  const parsed = schema.safeParse(Object.fromEntries(values));
  const problems = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  const [username, password] = [env['KAFKA_USERNAME'] || undefined, env['KAFKA_PASSWORD'] || undefined];
  if ((username === undefined) !== (password === undefined)) {
    problems.push('KAFKA_USERNAME, KAFKA_PASSWORD: expected both but received one of them');
  }
  if (!parsed.success || problems.length > 0) throw new ViewerError('bad_options', problems.join('\n'));
  const { data } = parsed;
  return {
    brokers: data.KAFKA_BOOTSTRAP_SERVERS,
    topic: data.KAFKA_TOPIC,
    tls: data.KAFKA_TLS,
    caFile: data.KAFKA_CA_FILE,
    sasl:
      username === undefined || password === undefined
        ? undefined
        : { mechanism: data.KAFKA_SASL_MECHANISM, username, password },
  };
}

/** The options of kafkajs for them. @throws {ViewerError} `bad_options` where the CA file cannot be read. */
export async function kafkaConfig({ brokers, tls, caFile, sasl }: KafkaSettings): Promise<KafkaConfig> {
  const refuse = (error: unknown): never => {
    throw new ViewerError('bad_options', `KAFKA_CA_FILE: cannot read ${caFile}: ${reasonOf(error)}`);
  };
  const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8').catch(refuse);
  return {
    clientId: 'trinetra-events',
    ...brokerOptions(brokers),
    connectionTimeout: 3000,
    ssl: ca === undefined ? tls : { ca: [ca] },
    // kafkajs wants to know the mechanism when it compiles; ours is known when it runs.
    ...(sasl === undefined ? {} : { sasl: { ...sasl } as SASLOptions }),
  };
}
