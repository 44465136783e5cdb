import type { Writable } from 'node:stream';
import { errorText, requireOptions } from '@trinetra/contracts';
import { LineWriter } from './line-writer.ts';
import { refusing } from './options.ts';
import type { DetectionSink, WriteFailure } from './sink.ts';

/** Options of `createStdoutSink`. */
export interface StdoutSinkOptions {
  /** Another stream than standard output; stays open. */
  readonly stream?: Writable;
  /** Called once where the reader went away: none comes back to a pipe, and every later write fails. */
  readonly onGone?: () => void;
}

const gone: WriteFailure = { ok: false, reason: 'refused', message: 'nobody reads standard output' };

const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EPIPE';

/**
 * Makes a sink that prints one JSON line per event. A write resolves once the stream has taken the data, so a slow
 * reader slows the caller down; one that takes nothing for 2 s is a problem of the sink. A reader that went away is a result with
 * reason `refused`.
 */
export function createStdoutSink(options: StdoutSinkOptions = {}): DetectionSink {
  const { stream = process.stdout, onGone } = requireOptions(options, refusing);
  /** Told here: standard output forgets its errors. */
  let readerGone = false;
  // The write's callback gets the error too; without a listener it would end the process.
  const onError = (error: unknown): void => {
    if (readerGone || !isGone(error)) return;
    readerGone = true;
    onGone?.();
  };
  stream.on('error', onError);

  function print(bytes: Buffer): Promise<WriteFailure | null> {
    return new Promise((resolve) => {
      stream.write(bytes, (error) => {
        if (!error) return resolve(null);
        onError(error);
        resolve({ ok: false, reason: 'refused', message: `standard output: ${errorText(error)}` });
      });
    });
  }

  const lines = new LineWriter('the reader of standard output', print);

  async function problem(): Promise<WriteFailure | null> {
    const isOpen = !lines.isClosed && !readerGone && stream.writable && stream.errored === null;
    return isOpen ? lines.problem() : gone;
  }

  async function close(): Promise<void> {
    await lines.close();
    stream.off('error', onError);
  }

  return {
    write: (events, given) => lines.write(events, given),
    isHealthy: async () => (await problem()) === null,
    problem,
    close,
    [Symbol.asyncDispose]: close,
  };
}
