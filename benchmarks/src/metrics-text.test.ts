import { describe, expect, it } from 'vitest';
import { parseMetrics, quantileBetween, sumOf } from './metrics-text.ts';

const histogram = (counts: readonly number[]): string =>
  ['0.01', '0.02', '+Inf']
    .map((le, index) => `stage_bucket{le="${le}",stage="decode"} ${counts[index]}`)
    .join('\n');

describe('metrics', () => {
  it('are read with their labels, and comments are not', () => {
    expect(parseMetrics('# HELP a b\na{x="1",y="z"} 2.5\nb 3e2\n')).toEqual([
      { name: 'a', labels: { x: '1', y: 'z' }, value: 2.5 },
      { name: 'b', labels: {}, value: 300 },
    ]);
    expect(sumOf(parseMetrics('a{x="1"} 1\na{x="2"} 2\na{x="2",y="3"} 4'), 'a', { x: '2' })).toBe(6);
  });

  it.each([
    [0.5, 0.01],
    [0.75, 0.015],
    [1, 0.02],
  ])('quantile %s of what came between two scrapes is %s', (quantile, expected) => {
    const before = parseMetrics(histogram([100, 100, 100]));
    const after = parseMetrics(histogram([150, 200, 200]));
    expect(quantileBetween(before, after, 'stage', { stage: 'decode' }, quantile)).toBeCloseTo(expected, 9);
  });

  it('has no quantile where nothing came, and the last bound where it lies beyond', () => {
    const before = parseMetrics(histogram([1, 1, 1]));
    expect(quantileBetween(before, before, 'stage', { stage: 'decode' }, 0.5)).toBeNaN();
    const after = parseMetrics(histogram([1, 1, 9]));
    expect(quantileBetween(before, after, 'stage', { stage: 'decode' }, 0.5)).toBe(0.02);
  });
});
