import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { embeddingText } from './embedding-text.ts';

describe('embeddingText', () => {
  it.each([
    [[0, -0, 0.1, -0.02, 0.123_456], '[0,0,0.1,-0.02,0.12346]'],
    [[0.000_01, -0.000_01, 0.000_004, 0.5], '[0.00001,-0.00001,0,0.5]'],
    [[0.999_994, 0.999_996, 1, -1], '[0.99999,1,1,-1]'],
    [[12.5, -1e300], '[12.5,-1e+300]'],
    [[], '[]'],
  ])('writes %j as %s', (values, expected) => expect(embeddingText(values)).toBe(expected));

  it('is JSON of the same numbers, at most half of the fifth digit away', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { maxLength: 600 }), (values) => {
        const back = JSON.parse(embeddingText(values)) as number[];
        expect(back).toHaveLength(values.length);
        for (const [index, value] of values.entries()) {
          expect(Math.abs((back[index] ?? Number.NaN) - value)).toBeLessThan(5.000_001e-6);
        }
      }),
    );
  });

  it('leaves out zeros at the end', () => {
    fc.assert(
      fc.property(fc.integer({ min: -99_999, max: 99_999 }), (units) => {
        const written = embeddingText([units / 100_000]).slice(1, -1);
        expect(Number(written)).toBe(units / 100_000 || 0);
        expect(written).not.toMatch(/\.\d*0$|\.$/);
      }),
    );
  });
});
