import { type ParseOptions, refuseWith, TrinetraError } from '@trinetra/contracts';

/** What this package throws of its own. */
export class TracingError extends TrinetraError<'invalid_options'> {}

/** How options of this package are refused. */
export const refusing: ParseOptions = refuseWith(TracingError);
