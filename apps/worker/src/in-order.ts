/** Options of {@link inOrder}. */
export interface InOrderOptions {
  /** Calls of the step under way at once, at most. Default 1: one after another. */
  readonly atOnce?: number;
}

/**
 * Runs up to `atOnce` calls of `step` at once, begun in the order they were made, and answers them in that order, whichever ends
 * first. A call that rejects holds nobody up.
 */
export function inOrder<A, B>(
  step: (input: A) => Promise<B>,
  { atOnce = 1 }: InOrderOptions = {},
): (input: A) => Promise<B> {
  const waiting: (() => void)[] = [];
  let underWay = 0;
  let last: Promise<unknown> = Promise.resolve();

  async function run(input: A): Promise<B> {
    if (underWay < atOnce) underWay += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await step(input);
    } finally {
      const next = waiting.shift();
      if (next === undefined) underWay -= 1;
      else next();
    }
  }

  return (input) => {
    const done = run(input);
    done.catch(() => undefined); // it may fail before its turn to answer
    const result = last.then(() => done);
    last = result.catch(() => undefined);
    return result;
  };
}
