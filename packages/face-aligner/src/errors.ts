import { TrinetraError } from '@trinetra/contracts';

/** Everything that this package throws. */
export class FaceAlignerError extends TrinetraError<'model_mismatch' | 'invalid_options'> {}
