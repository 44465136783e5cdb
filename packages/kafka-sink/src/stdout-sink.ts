import type { Writable } from 'node:stream';
import type { DetectionEvent } from '@trinetra/contracts';
import { encodeLines, failLines } from './event-line.ts';
import { createSerialQueue } from './serial-queue.ts';
import type { DetectionSink, WriteResult } from './sink.ts';

/** Options of `createStdoutSink`. */
export interface StdoutSinkOptions {
  /** Another stream than standard output; stays open. */
  readonly stream?: Writable;
}

/**
 * Makes a sink that prints one JSON line per event. A write resolves once the stream has taken the data, so a slow
 * reader slows the caller down. A reader that went away is a result with reason `refused`.
 */
export function createStdoutSink(options: StdoutSinkOptions = {}): DetectionSink {
  const stream = options.stream ?? process.stdout;
  const queue = createSerialQueue();
  let closing: Promise<void> | undefined;
  // The write's callback gets the error too; without a listener it would end the process.
  const onError = (): void => undefined;
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
        await print(lines.bytes);
        return [...lines.results];
      } catch (error) {
        const message = `standard output: ${error instanceof Error ? error.message : String(error)}`;
        return failLines(lines, { ok: false, reason: 'refused', message });
      }
    }, signal);
  }

  const isOpen = (): boolean => closing === undefined && stream.writable && stream.errored === null;

  function close(): Promise<void> {
    closing ??= queue.close().then(() => void stream.off('error', onError));
    return closing;
  }

  return {
    write,
    isHealthy: async () => isOpen(),
    problem: async () =>
      isOpen() ? null : { ok: false, reason: 'refused', message: 'nobody reads standard output' },
    close,
    [Symbol.asyncDispose]: close,
  };
}
