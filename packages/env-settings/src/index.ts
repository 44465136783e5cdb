export { ConfigError } from './errors.ts';
export {
  type KafkaSecurity,
  type KafkaSettings,
  kafkaSecurity,
  kafkaSettings,
} from './kafka-settings.ts';
export { type MistypedVariable, mistypedVariables } from './mistyped-variables.ts';
export { isThere, writableProblem } from './named-files.ts';
export { flagName, parseFlags } from './parse-flags.ts';
export {
  checkSettings,
  describeSettings,
  type ErrorOfProblems,
  parseSettings,
  printSettings,
} from './parse-settings.ts';
export {
  type Flag,
  flag,
  httpUrl,
  oneOf,
  optional,
  optionalText,
  type Parser,
  pairs,
  parser,
  real,
  text,
  whole,
} from './parsers.ts';
export {
  type RedisConnection,
  type RedisServerSettings,
  redisConnection,
  redisServerSettings,
  redisSettings,
  redisUrl,
} from './redis-settings.ts';
export {
  type Environment,
  optionalSetting,
  readWhile,
  type Setting,
  type SettingExtras,
  type SettingsOf,
  type SettingsTable,
  secret,
  setting,
} from './setting.ts';
