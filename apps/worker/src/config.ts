import { TrinetraError } from '@trinetra/contracts';
import { maskCredentials } from '@trinetra/telemetry';
import { type SettingName, type Settings, settings } from './settings.ts';
import { isUnread } from './trace-settings.ts';

/** Thrown at start; the message names every bad variable, one a line. */
export class ConfigError extends TrinetraError<'invalid_config'> {
  constructor(problems: readonly string[]) {
    super('invalid_config', ['The configuration is not valid:', ...problems].join('\n  '));
  }
}

const names = Object.keys(settings) as SettingName[];

/**
 * Reads the configuration from the environment, once. An empty variable counts as not set.
 *
 * @throws {ConfigError} with all problems together.
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Settings {
  const values: Partial<Record<SettingName, unknown>> = {};
  const problems: string[] = [];
  for (const name of names) {
    const { schema, fallback } = settings[name];
    const raw = isUnread(name, env) ? undefined : env[name];
    const result = schema.safeParse(raw === undefined || raw === '' ? fallback : raw);
    if (result.success) values[name] = result.data;
    else problems.push(`${name}: ${result.error.issues.map((issue) => issue.message).join('; ')}`);
  }
  if (values.KAFKA_PASSWORD !== undefined && values.KAFKA_USERNAME === undefined) {
    problems.push('KAFKA_USERNAME: expected a user beside KAFKA_PASSWORD but received nothing');
  }
  if (values.KAFKA_USERNAME !== undefined && values.KAFKA_PASSWORD === undefined) {
    problems.push('KAFKA_PASSWORD: expected a password beside KAFKA_USERNAME but received nothing');
  }
  if ((values.REDIS_SENTINELS === undefined) !== (values.REDIS_SENTINEL_MASTER === undefined)) {
    problems.push(
      'REDIS_SENTINEL_MASTER: expected it together with REDIS_SENTINELS but received one of them',
    );
  }
  const { REQUIRE_PROVIDER: required, EXECUTION_PROVIDERS: listed } = values;
  if (typeof required === 'string' && Array.isArray(listed) && !listed.includes(required)) {
    problems.push(`REQUIRE_PROVIDER: expected one of EXECUTION_PROVIDERS but received "${required}"`);
  }
  const { OTEL_TRACES_EXPORTER: exporter, SINK: sink } = values as Partial<Settings>;
  if (exporter === 'console' && sink?.kind === 'stdout') {
    problems.push(
      'OTEL_TRACES_EXPORTER: expected otlp or none beside SINK=stdout, where console writes, too',
    );
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return values as Settings;
}

/** `NAME=value` lines of what is in force, secrets masked: the output of `--print-config`. */
export function printConfig(env: Readonly<Record<string, string | undefined>>): string {
  parseConfig(env);
  const lines = names.map((name) => {
    const setting = settings[name];
    const raw = isUnread(name, env) ? undefined : env[name];
    const value = raw === undefined || raw === '' ? setting.fallback : raw;
    if (value === undefined) return `# ${name} is not set`;
    if ('secret' in setting) return `${name}=***`;
    return `${name}=${maskCredentials(value)}`;
  });
  return lines.join('\n');
}

/** The table of variables, for `--help`. */
export function describeSettings(): string {
  const width = Math.max(...names.map((name) => name.length));
  return names
    .map((name) => {
      const { fallback, help } = settings[name];
      const shown = name === 'CONSUMER_NAME' || fallback === undefined ? '' : ` [${fallback}]`;
      return `  ${name.padEnd(width)}  ${help}${shown}`;
    })
    .join('\n');
}
