/**
 * Runs calls of `step` one after another, in the order they were made: the engine takes one batch at a time
 * and events leave in stream order, while the steps before and after work on other batches.
 */
export function serial<A, B>(step: (input: A) => Promise<B>): (input: A) => Promise<B> {
  let last: Promise<unknown> = Promise.resolve();
  return (input) => {
    const result = last.then(() => step(input));
    last = result.catch(() => undefined);
    return result;
  };
}
