import type { Readable } from 'node:stream';

/** What each command runs with. */
export interface CommandRun<T> {
  readonly options: T;
  /** Its abort ends the run with what came so far; `diff` then has no report. */
  readonly stop: AbortController;
  readonly stdin: Readable;
  readonly stdout: NodeJS.WriteStream;
  readonly complain: (message: string) => void;
}
