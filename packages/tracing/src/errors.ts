import { type ParseOptions, TrinetraError } from '@trinetra/contracts';

/** What this package throws of its own. */
export class TracingError extends TrinetraError<'invalid_options'> {}

/** How options of this package are refused. */
export const refusing: ParseOptions = {
  errorOf: (message, because) => new TracingError('invalid_options', message, because),
};
