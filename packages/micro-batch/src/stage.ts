/** Options of {@link pipelined}. */
export interface PipelinedOptions {
  /** Items in `stage` or waiting to be taken, at most; a whole number from 1. */
  readonly depth: number;
}

type Slot<B> = Promise<IteratorResult<B, undefined>>;

/**
 * Runs `stage` on up to `depth` items of `source` at once and yields the results in the order of the source.
 *
 * It yields a result as soon as it and those before it are ready, also while the source is silent. It throws an
 * error of the stage or the source in its place in the order. Then, and when the consumer leaves, it closes the
 * source.
 *
 * @throws {RangeError} if `depth` is no whole number from 1.
 */
export async function* pipelined<A, B>(
  source: AsyncIterable<A>,
  stage: (item: A) => Promise<B>,
  options: PipelinedOptions,
): AsyncGenerator<B, void, void> {
  const { depth } = options;
  if (!Number.isInteger(depth) || depth < 1)
    throw new RangeError(`depth: expected a whole number from 1 but received ${depth}`);
  const iterator = source[Symbol.asyncIterator]();
  const slots: Slot<B>[] = [];
  let pulling = false;
  let stopped = false;
  let wake: () => void = () => undefined;

  const add = (slot: Slot<B>): void => {
    slot.catch(() => undefined); // thrown where it stands in the order
    slots.push(slot);
  };
  const pull = (): void => {
    if (pulling || stopped || slots.length >= depth) return;
    pulling = true;
    iterator.next().then(
      (result) => {
        pulling = false;
        if (result.done === true) {
          stopped = true;
          add(Promise.resolve({ done: true, value: undefined }));
        } else {
          add(stage(result.value).then((value) => ({ done: false, value })));
          pull();
        }
        wake();
      },
      (error: unknown) => {
        pulling = false;
        stopped = true;
        add(Promise.reject(error));
        wake();
      },
    );
  };

  let finished = false;
  try {
    for (;;) {
      pull();
      const first = slots[0];
      if (first === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = () => undefined;
        continue;
      }
      const result = await first;
      slots.shift();
      if (result.done === true) {
        finished = true;
        return;
      }
      pull();
      yield result.value;
    }
  } finally {
    stopped = true;
    if (!finished) void iterator.return?.()?.catch(() => undefined);
  }
}
