import { TrinetraError } from '@trinetra/contracts';

/** Everything that this package throws of its own. */
export class MicroBatchError extends TrinetraError<'invalid_options'> {}
