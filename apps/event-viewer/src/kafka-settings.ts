import { errorText } from '@trinetra/contracts';
import {
  type Environment,
  type KafkaSettings,
  kafkaSecurity,
  kafkaSettings,
  parseSettings,
} from '@trinetra/env-settings';
import type { KafkaConfig, SASLOptions } from 'kafkajs';
import { invalidOptions } from './errors.ts';

/**
 * How to reach the topic, as the worker reads it from the environment.
 *
 * @throws {ViewerError} `invalid_options`, one line for each bad value; never a password.
 */
export const parseKafkaSettings = (env: Environment): KafkaSettings =>
  parseSettings(kafkaSettings, env, (problems) => invalidOptions(problems.join('\n')));

/** The options of kafkajs for them. @throws {ViewerError} `invalid_options` where the CA file cannot be read. */
export async function kafkaConfig(
  settings: KafkaSettings,
): Promise<KafkaConfig & { readonly brokers: readonly string[] }> {
  const { ssl, sasl } = await kafkaSecurity(settings).catch((error: unknown) => {
    throw invalidOptions(`KAFKA_CA_FILE: cannot read ${settings.KAFKA_CA_FILE}: ${errorText(error)}`);
  });
  return {
    clientId: 'trinetra-events',
    brokers: settings.KAFKA_BOOTSTRAP_SERVERS,
    connectionTimeout: 3000,
    ssl,
    // kafkajs wants to know the mechanism when it compiles; ours is known when it runs.
    ...(sasl && { sasl: sasl as SASLOptions }),
  };
}
