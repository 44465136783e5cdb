import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runBisecting } from './bisect.ts';
import { serial } from './serial.ts';

it('finds exactly the items at fault, in at most 2n - 1 runs', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 16 }), async (items) => {
      let runs = 0;
      const results = await runBisecting(items, async (part) => {
        runs += 1;
        if (part.includes(false)) throw new Error('bad item');
        return part;
      });
      expect(results.map(({ ok }) => ok)).toEqual(items);
      expect(runs).toBeLessThanOrEqual(2 * items.length - 1);
    }),
  );
});

it('runs serial steps one after another in order, also past a failure', async () => {
  const log: string[] = [];
  const step = serial(async (name: string) => {
    log.push(`start ${name}`);
    await Promise.resolve();
    log.push(`end ${name}`);
    if (name === 'a') throw new Error('a failed');
  });
  await Promise.allSettled([step('a'), step('b')]);
  expect(log).toEqual(['start a', 'end a', 'start b', 'end b']);
});
