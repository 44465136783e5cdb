import { TrinetraError } from '@trinetra/contracts';

/**
 * - `invalid_options`: the command line or the environment is wrong, or names a file that is not there (exit code 2);
 * - `unreadable`: the file, Kafka or Redis cannot be read;
 * - `unwritable`: the plot or a crop cannot be written.
 */
export type ViewerErrorCode = 'invalid_options' | 'unreadable' | 'unwritable';

/** Its message may go to a terminal once it is made printable; it holds no password. */
export class ViewerError extends TrinetraError<ViewerErrorCode> {}

/** What is wrong with the command line or the environment, a line each. */
export const invalidOptions = (text: string): ViewerError => new ViewerError('invalid_options', text);
