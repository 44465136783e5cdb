import { type Logger, printable } from '@trinetra/contracts';
import { exitCodeOf } from '@trinetra/program';
import { maskCredentials } from '@trinetra/telemetry';

const longestChain = 8;

/** An error and what caused it, in one line and without stacks; a cause that the line names already is not repeated. */
export function sentenceOf(error: unknown): string {
  const parts: string[] = [];
  let current = error;
  for (let depth = 0; current !== undefined && current !== null && depth < longestChain; depth += 1) {
    const text = current instanceof Error ? current.message || current.name : String(current);
    if (!parts.some((part) => part.includes(text))) parts.push(text);
    current = current instanceof Error ? current.cause : undefined;
  }
  return printable(maskCredentials(parts.join(': ').replaceAll(/\s*\n\s*/g, ' ')));
}

/**
 * Tells what ended the worker: a person at a terminal in one sentence, everybody else in a JSON line of the log, with the stack where
 * the work failed.
 */
export function tellFatal(error: unknown, logger: Logger, terminal: boolean): void {
  if (terminal) process.stderr.write(`error: ${sentenceOf(error)}\n`);
  // What was given wrong is told in a sentence, to which a stack adds nothing.
  else if (exitCodeOf(error) === 2 && error instanceof Error) logger.error({}, error.message);
  else logger.error({ err: error }, 'worker failed');
}
