import { type Environment, oneOf, parseSettings, type SettingsOf, setting } from '@trinetra/env-settings';
import { modelSettings } from '@trinetra/person-pipeline/settings';

const settings = {
  ...modelSettings,
  LOG_LEVEL: setting(oneOf('debug', 'info', 'warn', 'error', 'silent'), 'what the log tells', 'info'),
};

/** Those variables of the worker that models need. */
export type Settings = SettingsOf<typeof settings>;

/** Reads them from the environment. @throws {ConfigError} with all problems together. */
export const parseConfig = (env: Environment): Settings => parseSettings(settings, env);
