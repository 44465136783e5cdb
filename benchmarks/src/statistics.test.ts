import { describe, expect, it } from 'vitest';
import { interleave, median, medians, percentile } from './statistics.ts';

describe('statistics', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[7], 7],
    [[], Number.NaN],
  ])('the median of %j is %s', (values, expected) => expect(median(values)).toBe(expected));

  it.each([
    [0.5, 50],
    [0.99, 99],
    [1, 100],
    [0, 1],
  ])('percentile %s of 1..100 is %s', (share, expected) => {
    expect(
      percentile(
        Array.from({ length: 100 }, (_, index) => 100 - index),
        share,
      ),
    ).toBe(expected);
  });

  it('takes the median of each field by itself', () => {
    expect(
      medians([
        { a: 1, b: 9 },
        { a: 2, b: 8 },
        { a: 3, b: 1 },
      ]),
    ).toEqual({ a: 2, b: 8 });
    expect(() => medians([])).toThrow(RangeError);
  });

  it('runs scenarios in turn, not one after the other', async () => {
    const order: string[] = [];
    const scenario = (name: string) => async () => order.push(name);
    const results = await interleave({ a: scenario('a'), b: scenario('b') }, 2);
    expect(order).toEqual(['a', 'b', 'a', 'b']);
    expect([...results]).toEqual([
      ['a', [1, 3]],
      ['b', [2, 4]],
    ]);
  });
});
