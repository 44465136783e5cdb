import { TrinetraError } from '@trinetra/contracts';

/** Everything that this package throws of its own. */
export class DetectorError extends TrinetraError<'model_mismatch' | 'invalid_options' | 'invalid_frame'> {}
