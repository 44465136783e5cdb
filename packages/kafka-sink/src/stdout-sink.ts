import type { Writable } from 'node:stream';
import { type DetectionEvent, errorText } from '@trinetra/contracts';
import { encodeLines, failLines } from './event-line.ts';
import { createSerialQueue } from './serial-queue.ts';
import type { DetectionSink, WriteFailure, WriteResult } from './sink.ts';
import { createStallWatch } from './stall-watch.ts';

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
  const stream = options.stream ?? process.stdout;
  const queue = createSerialQueue();
  const stall = createStallWatch('the reader of standard output');
  let closing: Promise<void> | undefined;
  /** Told here: standard output forgets its errors. */
  let readerGone = false;
  // The write's callback gets the error too; without a listener it would end the process.
  const onError = (error: unknown): void => {
    if (readerGone || !isGone(error)) return;
    readerGone = true;
    options.onGone?.();
  };
  stream.on('error', onError);

  function print(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      stream.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  async function write(
    events: readonly DetectionEvent[],
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<WriteResult[]> {
    return queue.run(async () => {
      const lines = encodeLines(events);
      try {
        await stall.watch(() => print(lines.bytes));
        return [...lines.results];
      } catch (error) {
        onError(error);
        const message = `standard output: ${errorText(error)}`;
        return failLines(lines, { ok: false, reason: 'refused', message });
      }
    }, signal);
  }

  async function problem(): Promise<WriteFailure | null> {
    const isOpen = closing === undefined && !readerGone && stream.writable && stream.errored === null;
    return isOpen ? stall.problem() : gone;
  }

  function close(): Promise<void> {
    closing ??= stall.orLeave(queue.close()).then(() => void stream.off('error', onError));
    return closing;
  }

  return {
    write,
    isHealthy: async () => (await problem()) === null,
    problem,
    close,
    [Symbol.asyncDispose]: close,
  };
}
