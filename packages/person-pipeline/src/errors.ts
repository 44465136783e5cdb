import { TrinetraError } from '@trinetra/contracts';

/**
 * - `invalid_options`: an option is missing, unknown or out of range, or something else came in place of pictures.
 * - `model_mismatch`: a file is the model of another role.
 * - `closed`: the pipeline was closed.
 */
export type PersonPipelineErrorCode = 'invalid_options' | 'model_mismatch' | 'closed';

/** Everything that this package throws of its own. */
export class PersonPipelineError extends TrinetraError<PersonPipelineErrorCode> {}
