import { TrinetraError } from '@trinetra/contracts';

/** Everything that this package throws of its own. */
export class PersonPipelineError extends TrinetraError<'model_mismatch'> {}
