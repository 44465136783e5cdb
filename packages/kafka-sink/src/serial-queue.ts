import { rejectOnAbort } from '@trinetra/contracts';
import { KafkaSinkError } from './errors.ts';

/** Runs jobs one after the other. */
export interface SerialQueue {
  /**
   * Runs `job` after those before it.
   *
   * @throws what `job` throws; the reason of `signal`, at once; {@link KafkaSinkError} `closed` after `close()`.
   */
  run<T>(job: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Refuses further jobs, and runs those that wait. */
  close(): Promise<void>;
}

/** Makes an empty queue. */
export function createSerialQueue(): SerialQueue {
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  async function run<T>(job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (closed) throw new KafkaSinkError('closed', 'Expected an open sink for write() but it was closed');
    signal?.throwIfAborted();
    const result = last.then(() => {
      signal?.throwIfAborted();
      return job();
    });
    last = result.catch(() => undefined);
    if (signal === undefined) return result;
    return rejectOnAbort(result, signal);
  }

  return {
    run,
    close: async () => {
      closed = true;
      await last;
    },
  };
}
