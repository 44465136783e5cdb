import { TrinetraError } from '@trinetra/contracts';

/** The settings of a program are wrong; the message names every bad one, a line each. */
export class ConfigError extends TrinetraError<'invalid_config'> {
  constructor(problems: readonly string[]) {
    super('invalid_config', ['The configuration is not valid:', ...problems].join('\n  '));
  }
}
