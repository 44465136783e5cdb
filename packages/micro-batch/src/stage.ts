import { z } from 'zod';
import { parse } from './options.ts';

/** Options of {@link stage}. */
export interface StageOptions {
  /** Items that are in the step, or done and not taken yet, at most; a whole number from 1. Default 1: one after another. */
  readonly atOnce?: number;
}

type Slot<B> = Promise<IteratorResult<B, undefined>>;

const schema = z.strictObject({ atOnce: z.int().min(1).default(1) });

/**
 * One stage of a chain: runs `step` on up to `atOnce` items of `source` at once, begun in the order of the source, and hands the
 * results on in that order.
 *
 * A result is handed on as soon as it and those before it are there, also while the source is silent. Until it is taken it keeps
 * its place, so a stage that is slow slows those before it down. An error of the step or the source is thrown in its place in the
 * order; then, and when the consumer leaves, the source is closed and no more of it is read.
 *
 * @throws {MicroBatchError} `invalid_options` where `atOnce` is no whole number from 1.
 * @example
 * const detected = stage(batches, (batch) => detector.detect(batch), { atOnce: 2 });
 * for await (const result of stage(detected, publish)) console.log(result);
 */
export async function* stage<A, B>(
  source: AsyncIterable<A>,
  step: (item: A) => Promise<B>,
  options: StageOptions = {},
): AsyncGenerator<B, void, void> {
  const { atOnce } = parse(schema, options);
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
    if (pulling || stopped || slots.length >= atOnce) return;
    pulling = true;
    iterator.next().then(
      (result) => {
        pulling = false;
        if (result.done === true) {
          stopped = true;
          add(Promise.resolve({ done: true, value: undefined }));
        } else {
          add(step(result.value).then((value) => ({ done: false, value })));
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

/** Takes all that a chain of stages gives, and keeps none of it: makes the chain run to the end of its source. */
export async function drain(chain: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of chain) {
    // What becomes of an item is the business of the last stage.
  }
}
