/** The message of any thrown value, without its stack; its code or name if the message is empty, as of an AggregateError. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}
