import { describe, expect, it } from 'vitest';
import { MicroBatchError } from './errors.ts';
import { drain, stage } from './stage.ts';

async function* counted(n: number): AsyncGenerator<number> {
  for (let i = 1; i <= n; i += 1) yield i;
}

/** A step whose calls end when they are told to. */
function byHand(): {
  begun: number[];
  end(input: number): void;
  step(input: number): Promise<number>;
} {
  const waiting = new Map<number, PromiseWithResolvers<number>>();
  const begun: number[] = [];
  return {
    begun,
    end: (input) => waiting.get(input)?.resolve(input),
    step: (input) => {
      begun.push(input);
      const call = Promise.withResolvers<number>();
      waiting.set(input, call);
      return call.promise;
    },
  };
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Takes all results, as they come. */
function take<T>(chain: AsyncIterable<T>): { taken: T[]; done: Promise<void> } {
  const taken: T[] = [];
  const done = (async () => {
    for await (const one of chain) taken.push(one);
  })();
  return { taken, done };
}

describe('stage', () => {
  it('begins as many items as it may, in order, and the next when the first of them ends', async () => {
    const { begun, end, step } = byHand();
    const { taken, done } = take(stage(counted(4), step, { atOnce: 2 }));
    await soon();
    expect(begun).toEqual([1, 2]);
    end(1);
    await soon();
    expect(begun).toEqual([1, 2, 3]);
    expect(taken).toEqual([1]);
    for (const item of [2, 3]) end(item);
    await soon();
    end(4);
    await done;
    expect(taken).toEqual([1, 2, 3, 4]);
  });

  it('hands on in the order of the source, whichever ends first', async () => {
    const { begun, end, step } = byHand();
    const { taken } = take(stage(counted(3), step, { atOnce: 2 }));
    await soon();
    end(2);
    await soon();
    expect(taken).toEqual([]);
    expect(begun).toEqual([1, 2]);
    end(1);
    await soon();
    expect(taken).toEqual([1, 2]);
    expect(begun).toEqual([1, 2, 3]);
  });

  it('runs one after another where nothing else is said', async () => {
    const { begun, end, step } = byHand();
    take(stage(counted(2), step));
    await soon();
    expect(begun).toEqual([1]);
    end(1);
    await soon();
    expect(begun).toEqual([1, 2]);
  });

  it('waits for the stage behind it to take what is done', async () => {
    const detect = byHand();
    const align = byHand();
    take(stage(stage(counted(9), detect.step, { atOnce: 2 }), align.step));
    await soon();
    for (const item of [1, 2, 3]) {
      detect.end(item);
      await soon();
    }
    expect(align.begun).toEqual([1]);
    expect(detect.begun).toEqual([1, 2, 3]); // 2 and 3 are done and keep their places
    align.end(1);
    await soon();
    expect(align.begun).toEqual([1, 2]);
    expect(detect.begun).toEqual([1, 2, 3, 4]);
  });

  it('hands on a result while the source is silent', async () => {
    async function* silent(): AsyncGenerator<number> {
      yield 1;
      await new Promise(() => undefined);
    }
    const results = stage(silent(), async (item) => item, { atOnce: 4 });
    expect((await results.next()).value).toBe(1);
  });

  it('throws the error of a step in its place, and closes the source', async () => {
    let closed = false;
    async function* source(): AsyncGenerator<number> {
      try {
        yield* counted(9);
      } finally {
        closed = true;
      }
    }
    const step = async (item: number): Promise<number> => {
      if (item === 2) throw new Error('step failed');
      return item;
    };
    const results = stage(source(), step, { atOnce: 3 });
    expect((await results.next()).value).toBe(1);
    await expect(results.next()).rejects.toThrow('step failed');
    await soon();
    expect(closed).toBe(true);
  });

  it('refuses a bound that is no whole number from 1', async () => {
    const none = stage(counted(1), async (item) => item, { atOnce: 0 });
    await expect(none.next()).rejects.toThrow(MicroBatchError);
  });
});

it('drain runs a chain to its end, and throws its error', async () => {
  const seen: number[] = [];
  await drain(stage(counted(3), async (item) => seen.push(item)));
  expect(seen).toEqual([1, 2, 3]);
  const failing = stage(counted(1), () => Promise.reject(new Error('step failed')));
  await expect(drain(failing)).rejects.toThrow('step failed');
});
