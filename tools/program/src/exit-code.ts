import { TrinetraError } from '@trinetra/contracts';

/** Bad arguments of a command; the message says what was expected. */
export class UsageError extends TrinetraError<'bad_usage'> {
  constructor(message: string, options?: ErrorOptions) {
    super('bad_usage', message, options);
  }
}

/** What was given is at fault: the same again fails again, until somebody corrects it. */
const givenWrong: readonly string[] = [
  'bad_usage',
  'bad_models',
  'invalid_config',
  'model_not_found',
  'model_unusable',
  'model_mismatch',
];

/**
 * The exit code of a program that ends with an error: 2 where what was given is at fault, arguments, variables or the file of a
 * model; 1 where the work failed, which may go well another time.
 */
export function exitCodeOf(error: unknown): 1 | 2 {
  return TrinetraError.isInstance(error) && givenWrong.includes(error.code) ? 2 : 1;
}
