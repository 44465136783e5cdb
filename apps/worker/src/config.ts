import { printable } from '@trinetra/contracts';
import { checkSettings, type Environment, parseSettings, printSettings } from '@trinetra/env-settings';
import { maskCredentials } from '@trinetra/telemetry';
import { type Settings, settings } from './settings.ts';

/** Reads the configuration from the environment, once. @throws {ConfigError} with all problems together. */
export const parseConfig = (env: Environment): Settings => parseSettings(settings, env);

/** The output of `--print-config`. @throws {ConfigError} where the configuration is not valid. */
export function printConfig(env: Environment): string {
  parseConfig(env);
  return printSettings(settings, env, maskCredentials);
}

/**
 * Looks at the files that the configuration names, which costs milliseconds, before models are loaded, which takes up to minutes.
 *
 * @throws {ConfigError} with all problems together.
 */
export function checkFiles(config: Settings): Promise<void> {
  const KAFKA_CA_FILE = config.SINK.kind === 'kafka' ? config.KAFKA_CA_FILE : undefined;
  return checkSettings(settings, { ...config, KAFKA_CA_FILE });
}

/** The warning about a mistyped variable; never its value, which may be a password. */
export const unknownVariable = (name: string, meant: string): string =>
  `the worker does not know the variable ${printable(name)}, so it changes nothing: ${meant} is likely meant`;
