import { TrinetraError } from '@trinetra/contracts';

/** Everything that this package throws. */
export class EmbedderError extends TrinetraError<'model_mismatch' | 'invalid_options' | 'invalid_face'> {}
