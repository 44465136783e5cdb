import { TrinetraError } from '@trinetra/contracts';

/** `bad_options`: the command line; `not_started`: something that the demo needs did not start. */
export type DemoErrorCode = 'bad_options' | 'not_started';

/** A failure with a message for the person at the terminal. */
export class DemoError extends TrinetraError<DemoErrorCode> {}
