/** Hands items one by one from a push producer to a pull consumer. Holds at most one item. */
export interface Handoff<T> extends AsyncIterable<T> {
  /** Resolves to true once the consumer is done with the item, to false if it wants no more. */
  give(item: T): Promise<boolean>;
  /** Ends the items: the consumer's loop ends, or throws the error. */
  end(error?: Error): void;
}

/** For one producer call at a time and one consumer. */
export function createHandoff<T>(): Handoff<T> {
  let offered: { readonly item: T; readonly done: (taken: boolean) => void } | undefined;
  let ended: { readonly error: Error | undefined } | undefined;
  let wake: () => void = () => undefined;
  return {
    give(item) {
      if (ended !== undefined) return Promise.resolve(false);
      return new Promise((done) => {
        offered = { item, done };
        wake();
      });
    },
    end(error) {
      ended ??= { error };
      offered?.done(false);
      offered = undefined;
      wake();
    },
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          while (offered === undefined && ended === undefined) {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
          if (offered === undefined) break;
          const { item, done } = offered;
          offered = undefined;
          try {
            yield item;
          } finally {
            done(true);
          }
        }
        if (ended?.error !== undefined) throw ended.error;
      } finally {
        this.end();
      }
    },
  };
}
