/** Options of {@link inOrder}. */
export interface InOrderOptions {
  /** Calls of the step under way at once, at most. */
  readonly atOnce: number;
}

/**
 * Runs up to `atOnce` calls of `step` at once, begun in the order they were made, and answers them in that order, whichever ends
 * first. A call that rejects holds nobody up.
 */
export function inOrder<A, B>(
  step: (input: A) => Promise<B>,
  { atOnce }: InOrderOptions,
): (input: A) => Promise<B> {
  const underWay: Promise<unknown>[] = [];
  let last: Promise<unknown> = Promise.resolve();
  return (input) => {
    const turn = underWay.length < atOnce ? Promise.resolve() : underWay.shift();
    const started = (turn ?? Promise.resolve()).then(() => step(input));
    underWay.push(started.catch(() => undefined));
    const result = last.then(() => started);
    last = result.catch(() => undefined);
    return result;
  };
}
