/** Holds only the newest item: a slow consumer gets recent ones, and nothing queues. */
export interface Latest<T> {
  /** @returns whether it replaced an item that nobody had taken. */
  put(item: T): boolean;
  /** Ends the items. */
  close(): void;
  /** The newest item at each request. Iterate once. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void>;
}

export function createLatest<T>(): Latest<T> {
  let held: { readonly item: T } | undefined;
  let closed = false;
  let wake = (): void => undefined;
  return {
    put(item) {
      const dropped = held !== undefined;
      held = { item };
      wake();
      return dropped;
    },
    close() {
      closed = true;
      wake();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        if (held !== undefined) {
          const { item } = held;
          held = undefined;
          yield item;
        } else if (closed) return;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    },
  };
}
