import { TrinetraError } from '@trinetra/contracts';

/** `invalid_options`: the command line; `not_started`: something that the demo needs did not start. */
export type DemoErrorCode = 'invalid_options' | 'not_started';

/** A failure with a message for the person at the terminal. */
export class DemoError extends TrinetraError<DemoErrorCode> {}
