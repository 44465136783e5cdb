import { TrinetraError } from '@trinetra/contracts';

/**
 * - `invalid_options`: an option has a wrong value;
 * - `closed`: the sink is closed.
 */
export type KafkaSinkErrorCode = 'invalid_options' | 'closed';

/** A mistake of the caller. What a broker does wrong is a `WriteResult`. */
export class KafkaSinkError extends TrinetraError<KafkaSinkErrorCode> {}
