import { describe, expect, it } from 'vitest';
import { inOrder } from './in-order.ts';

/** A step whose calls end when they are told to. */
function byHand(): {
  begun: number[];
  end(input: number): void;
  fail(input: number): void;
  step(input: number): Promise<number>;
} {
  const waiting = new Map<number, PromiseWithResolvers<number>>();
  const begun: number[] = [];
  return {
    begun,
    end: (input) => waiting.get(input)?.resolve(input),
    fail: (input) => waiting.get(input)?.reject(new Error(`${input} failed`)),
    step: (input) => {
      begun.push(input);
      const call = Promise.withResolvers<number>();
      waiting.set(input, call);
      return call.promise;
    },
  };
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('inOrder', () => {
  it('begins as many calls as it may, and the next when the first of them ends', async () => {
    const { begun, end, step } = byHand();
    const run = inOrder(step, { atOnce: 2 });
    for (const input of [1, 2, 3]) void run(input);
    await soon();
    expect(begun).toEqual([1, 2]);
    end(1);
    await soon();
    expect(begun).toEqual([1, 2, 3]);
  });

  it('begins them in the order of the calls, whichever ends first', async () => {
    const { begun, end, step } = byHand();
    const run = inOrder(step, { atOnce: 2 });
    for (const input of [1, 2, 3, 4]) void run(input);
    await soon();
    end(2);
    await soon();
    expect(begun).toEqual([1, 2, 3]);
    end(1);
    await soon();
    expect(begun).toEqual([1, 2, 3, 4]);
  });

  it('answers in the order of the calls, whichever ends first', async () => {
    const { end, step } = byHand();
    const run = inOrder(step, { atOnce: 2 });
    const answered: number[] = [];
    const all = [1, 2].map(async (input) => answered.push(await run(input)));
    await soon();
    end(2);
    await soon();
    expect(answered).toEqual([]);
    end(1);
    await Promise.all(all);
    expect(answered).toEqual([1, 2]);
  });

  it('goes on after a call that failed', async () => {
    const { end, fail, step } = byHand();
    const run = inOrder(step);
    const [first, second] = [run(1), run(2)];
    await soon();
    fail(1);
    await expect(first).rejects.toThrow('1 failed');
    await soon();
    end(2);
    await expect(second).resolves.toBe(2);
  });
});
