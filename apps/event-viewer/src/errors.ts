import { TrinetraError } from '@trinetra/contracts';

/**
 * - `bad_options`: the command line or the environment is wrong, or names a file that is not there (exit code 2);
 * - `unreadable`: the file, Kafka or Redis cannot be read;
 * - `unwritable`: the plot or a crop cannot be written.
 */
export type ViewerErrorCode = 'bad_options' | 'unreadable' | 'unwritable';

/** Its message may go to a terminal once it is made printable; it holds no password. */
export class ViewerError extends TrinetraError<ViewerErrorCode> {}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node's AggregateError of a host with several addresses has no message of its own.
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}
