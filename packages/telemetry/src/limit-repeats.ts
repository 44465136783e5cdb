import type { Logger } from '@trinetra/contracts';
import type { LogLimiter } from './log-limiter.ts';

/** What went wrong, as the fields of a line tell it; undefined where they tell of no error. */
function problemOf({ error, err }: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof error === 'string') return error;
  return err instanceof Error ? err.message : undefined;
}

/**
 * A logger whose warnings and errors of one kind go through `limiter`: lines of the same message whose `error` or `err` says
 * the same, but for its numbers (ports, waits, counts). However many kinds take turns, each comes once per interval.
 * Lines without an error tell of something new each time, and pass.
 *
 * @example
 * const limiter = createLogLimiter(logger, { intervalMs: 60_000 });
 * const source = await createRedisBatchSource({ ...options, logger: limitRepeats(logger, limiter) });
 */
export function limitRepeats(logger: Logger, limiter: LogLimiter): Logger {
  const limited =
    (level: 'warn' | 'error'): Logger['warn'] =>
    (fields, message) => {
      const error = problemOf(fields);
      if (error === undefined) logger[level](fields, message);
      else limiter[level](`${level} ${message}: ${error.replaceAll(/\d+/g, '#')}`, fields, message);
    };
  return { ...logger, warn: limited('warn'), error: limited('error') };
}
