/** Holds one item, the newest: whoever takes them slowly gets recent ones, and nothing queues. */
export interface Latest<T> {
  /** @returns whether one that nobody had taken made room for it. */
  put(item: T): boolean;
  /** No more come. */
  close(): void;
  /** The items that were there when they were asked for. To be iterated once. */
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
