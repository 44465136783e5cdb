import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { microBatch } from './micro-batch.ts';

/** A source that is fed by hand, and counts how often it was asked. */
function handFed<T>(): {
  push(value: T): void;
  end(): void;
  asked: number;
  returned: boolean;
  source: AsyncIterable<T>;
} {
  const waiting: ((result: IteratorResult<T, undefined>) => void)[] = [];
  const ready: IteratorResult<T, undefined>[] = [];
  const give = (result: IteratorResult<T, undefined>): void => {
    const taker = waiting.shift();
    if (taker === undefined) ready.push(result);
    else taker(result);
  };
  const feed = {
    asked: 0,
    returned: false,
    push: (value: T) => give({ done: false, value }),
    end: () => give({ done: true, value: undefined }),
    source: {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          feed.asked += 1;
          const result = ready.shift();
          return result === undefined
            ? new Promise<IteratorResult<T, undefined>>((resolve) => waiting.push(resolve))
            : Promise.resolve(result);
        },
        return: () => {
          feed.returned = true;
          return Promise.resolve({ done: true as const, value: undefined });
        },
      }),
    },
  };
  return feed;
}

async function* listed<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

describe('microBatch', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('loses nothing, keeps the order, and makes batches of 1 to N', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer()),
        fc.integer({ min: 1, max: 9 }),
        async (items, maxBatchSize) => {
          const batches: number[][] = [];
          for await (const batch of microBatch(listed(items), { maxBatchSize, maxDelayMs: 1000 }))
            batches.push(batch);
          expect(batches.flat()).toEqual(items);
          expect(batches.every((batch) => batch.length >= 1 && batch.length <= maxBatchSize)).toBe(true);
        },
      ),
    );
  });

  it('lets a batch that is not full stay and grow while the engine is at work, and leave once it is free', async () => {
    const feed = handFed<number>();
    const work = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let asked = 0;
    const busy = (): Promise<void> | undefined => work[asked++]?.promise;
    const left: number[][] = [];
    const next = microBatch(feed.source, { maxBatchSize: 4, maxDelayMs: 20, busy })
      .next()
      .then(({ value }) => left.push(value ?? []));
    feed.push(1);
    await vi.advanceTimersByTimeAsync(500);
    expect(left).toEqual([]);
    feed.push(2);
    await vi.advanceTimersByTimeAsync(500);
    expect(left).toEqual([]);
    work[1]?.resolve();
    await next;
    expect(left).toEqual([[1, 2]]);
  });

  it('hands out a full batch while the engine is at work', async () => {
    const feed = handFed<number>();
    const options = { maxBatchSize: 2, maxDelayMs: 20, busy: () => new Promise<void>(() => undefined) };
    const next = microBatch(feed.source, options).next();
    feed.push(1);
    feed.push(2);
    expect((await next).value).toEqual([1, 2]);
  });

  it('flushes the rest at the end of the source only once the engine is free', async () => {
    const work = Promise.withResolvers<void>();
    let free = false;
    const busy = (): Promise<void> | undefined => (free ? undefined : work.promise);
    const batches = microBatch(listed([1]), { maxBatchSize: 4, maxDelayMs: 20, busy });
    const next = batches.next();
    await vi.advanceTimersByTimeAsync(100);
    free = true;
    work.resolve();
    expect((await next).value).toEqual([1]);
    expect((await batches.next()).done).toBe(true);
  });

  it('counts the wait of an item from when it says that it began', async () => {
    const feed = handFed<number>();
    const options = { maxBatchSize: 4, maxDelayMs: 20, waitingSince: () => performance.now() - 15 };
    const left: number[][] = [];
    const next = microBatch(feed.source, options)
      .next()
      .then(({ value }) => left.push(value ?? []));
    feed.push(1);
    await vi.advanceTimersByTimeAsync(4);
    expect(left).toEqual([]);
    await vi.advanceTimersByTimeAsync(2);
    await next;
    expect(left).toEqual([[1]]);
  });

  it('lets a full batch leave at once', async () => {
    const feed = handFed<number>();
    const next = microBatch(feed.source, { maxBatchSize: 2, maxDelayMs: 1000 }).next();
    feed.push(1);
    feed.push(2);
    expect((await next).value).toEqual([1, 2]);
  });

  it('lets a lone item wait for the deadline and no longer', async () => {
    const feed = handFed<number>();
    let left: number[] | undefined;
    const next = microBatch(feed.source, { maxBatchSize: 4, maxDelayMs: 20 }).next();
    void next.then(({ value }) => {
      left = value ?? undefined;
    });
    feed.push(1);
    await vi.advanceTimersByTimeAsync(19);
    expect(left).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(left).toEqual([1]);
  });

  it('counts the deadline from the oldest item', async () => {
    const feed = handFed<number>();
    const next = microBatch(feed.source, { maxBatchSize: 4, maxDelayMs: 20 }).next();
    feed.push(1);
    await vi.advanceTimersByTimeAsync(15);
    feed.push(2);
    await vi.advanceTimersByTimeAsync(5);
    expect((await next).value).toEqual([1, 2]);
  });

  it('reads at most one batch ahead while nobody asks', async () => {
    const feed = handFed<number>();
    const batches = microBatch(feed.source, { maxBatchSize: 2, maxDelayMs: 20 });
    for (let i = 0; i < 20; i += 1) feed.push(i);
    expect((await batches.next()).value).toEqual([0, 1]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(feed.asked).toBe(4);
  });

  it('throws the error of the source after what came before it', async () => {
    async function* broken(): AsyncGenerator<number> {
      yield 1;
      throw new Error('source failed');
    }
    const batches = microBatch(broken(), { maxBatchSize: 4, maxDelayMs: 20 });
    expect((await batches.next()).value).toEqual([1]);
    await expect(batches.next()).rejects.toThrow('source failed');
  });

  it('closes the source when the consumer leaves or the signal aborts', async () => {
    const left = handFed<number>();
    left.push(1);
    for await (const _ of microBatch(left.source, { maxBatchSize: 1, maxDelayMs: 0 })) break;
    expect(left.returned).toBe(true);

    const aborted = handFed<number>();
    const controller = new AbortController();
    const next = microBatch(aborted.source, {
      maxBatchSize: 1,
      maxDelayMs: 0,
      signal: controller.signal,
    }).next();
    controller.abort(new Error('stop'));
    await expect(next).rejects.toThrow('stop');
    expect(aborted.returned).toBe(true);
  });

  it('refuses options that are out of range, by name', async () => {
    await expect(microBatch(listed([1]), { maxBatchSize: 0, maxDelayMs: -1 }).next()).rejects.toThrow(
      /maxBatchSize.*maxDelayMs/,
    );
  });
});
