import { type MicroBatchOptions, microBatchSchema, parse } from './options.ts';

/** Timers count whole ms: send a batch up to 0.5 ms early rather than up to 1 ms late. */
const timerUnitMs = 1;

/**
 * Groups the items of `source` into batches. A batch is sent when it has `maxBatchSize` items, or when its
 * oldest item has waited `maxDelayMs`, the consumer asks for it, and its engine is free (see `busy`).
 *
 * Pull-based: while the consumer does not ask, it collects at most `maxBatchSize` items and then leaves the
 * source alone. The end of the source flushes the rest. An error of the source is thrown after the items before
 * it. Leaving the loop, or aborting `signal`, closes the source.
 *
 * @throws {MicroBatchError} `invalid_options`; whatever the source throws; the reason of `signal`.
 * @example
 * for await (const batch of microBatch(frames, { maxBatchSize: 4, maxDelayMs: 20 })) await detect(batch);
 */
export async function* microBatch<T>(
  source: AsyncIterable<T>,
  options: MicroBatchOptions<T>,
): AsyncGenerator<T[], void, void> {
  parse(microBatchSchema, options);
  const { maxBatchSize, maxDelayMs, waitingSince, busy, signal } = options;
  signal?.throwIfAborted();
  const iterator = source[Symbol.asyncIterator]();
  let items: T[] = [];
  let oldestAt = 0;
  let pulling = false;
  let ended = false;
  let closed = false;
  let failure: { readonly error: unknown } | undefined;
  let wake: () => void = () => undefined;

  const pull = (): void => {
    if (pulling || ended || closed || items.length >= maxBatchSize) return;
    pulling = true;
    iterator.next().then(
      (result) => {
        pulling = false;
        if (result.done === true) ended = true;
        else {
          if (items.length === 0) oldestAt = waitingSince?.(result.value) ?? performance.now();
          items.push(result.value);
          pull();
        }
        wake();
      },
      (error: unknown) => {
        pulling = false;
        ended = true;
        failure = { error };
        wake();
      },
    );
  };

  const onAbort = (): void => wake();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    for (;;) {
      signal?.throwIfAborted();
      pull();
      const remainingMs =
        items.length === 0 ? Number.POSITIVE_INFINITY : oldestAt + maxDelayMs - performance.now();
      const due = items.length > 0 && (ended || remainingMs < timerUnitMs / 2);
      const working = due && items.length < maxBatchSize ? busy?.() : undefined;
      if (items.length >= maxBatchSize || (due && working === undefined)) {
        const batch = items;
        items = [];
        pull();
        yield batch;
        continue;
      }
      if (ended && !due) break;
      await new Promise<void>((resolve) => {
        const timed = !due && Number.isFinite(remainingMs);
        const timer = timed ? setTimeout(resolve, remainingMs) : undefined;
        void working?.then(
          () => resolve(),
          () => resolve(), // it is free after a failure, too
        );
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      wake = () => undefined;
    }
    if (failure !== undefined) throw failure.error;
  } finally {
    closed = true;
    signal?.removeEventListener('abort', onAbort);
    if (!ended) void iterator.return?.()?.catch(() => undefined);
  }
}
