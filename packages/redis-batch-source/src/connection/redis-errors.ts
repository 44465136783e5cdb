import { RedisBatchSourceError } from '../errors.ts';

const refusals =
  /^(WRONGPASS|NOAUTH|NOPERM)\b|invalid username-password pair|The user executing the script can't/;
/** Whether Redis refused the user, the password or the command, which no retry mends. */
export function isAccessError(error: unknown): boolean {
  if (RedisBatchSourceError.isInstance(error)) return error.code === 'access_denied';
  return error instanceof Error && refusals.test(error.message);
}

/** Whether the connection ended before the answer came, again and again. */
export function isLostConnection(error: unknown): boolean {
  return error instanceof Error && error.name === 'MaxRetriesPerRequestError';
}

const certificateErrors = /CERT|UNABLE_TO_VERIFY|SELF_SIGNED/;

/** The message of an error and, for the empty ones of dual-stack connects, its code. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isLostConnection(error)) return 'the connection ended before Redis answered';
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== undefined && certificateErrors.test(code))
    return `the certificate of Redis is not trusted: ${error.message} (${code})`;
  return error.message === '' ? (code ?? error.name) : error.message;
}
