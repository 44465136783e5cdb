import { describe, expect, it } from 'vitest';
import { pipelined } from './pipelined.ts';

async function* counted(n: number): AsyncGenerator<number> {
  for (let i = 0; i < n; i += 1) yield i;
}

const turns = async (n: number): Promise<void> => {
  for (let i = 0; i < n; i += 1) await Promise.resolve();
};

describe('pipelined', () => {
  it('keeps the order while later items finish first, at most `depth` at once', async () => {
    let running = 0;
    let most = 0;
    const stage = async (item: number): Promise<number> => {
      running += 1;
      most = Math.max(most, running);
      await turns(50 - item * 5);
      running -= 1;
      return item;
    };
    const results: number[] = [];
    for await (const item of pipelined(counted(9), stage, { depth: 3 })) results.push(item);
    expect(results).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(most).toBe(3);
  });

  it('hands out a result while the source is silent', async () => {
    async function* silent(): AsyncGenerator<number> {
      yield 1;
      await new Promise(() => undefined);
    }
    const results = pipelined(silent(), async (item) => item, { depth: 4 });
    expect((await results.next()).value).toBe(1);
  });

  it('throws the error of a stage in its place', async () => {
    const results = pipelined(
      counted(3),
      async (item) => {
        if (item === 1) throw new Error('stage failed');
        return item;
      },
      { depth: 3 },
    );
    expect((await results.next()).value).toBe(0);
    await expect(results.next()).rejects.toThrow('stage failed');
  });

  it('refuses a depth that is no whole number from 1', async () => {
    await expect(pipelined(counted(1), async (item) => item, { depth: 0 }).next()).rejects.toThrow(
      RangeError,
    );
  });
});
