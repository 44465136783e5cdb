import { TrinetraError } from '@trinetra/contracts';

/**
 * - `invalid_options`: the command line or the environment is wrong, or names a file that is not there (exit code 2);
 * - `unreadable`: the file, Kafka or Redis cannot be read;
 * - `unwritable`: the plot or a crop cannot be written.
 */
export type ViewerErrorCode = 'invalid_options' | 'unreadable' | 'unwritable';

/** Make its message printable before it goes to a terminal. It holds no password. */
export class ViewerError extends TrinetraError<ViewerErrorCode> {}

/** What is wrong with the command line or the environment, a line each. */
export const invalidOptions = (text: string): ViewerError => new ViewerError('invalid_options', text);
