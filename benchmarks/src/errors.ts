import { TrinetraError } from '@trinetra/contracts';

/** `invalid_options`: the command line, or a file that it names. */
export class BenchError extends TrinetraError<'invalid_options'> {
  constructor(message: string, options?: ErrorOptions) {
    super('invalid_options', message, options);
  }
}
