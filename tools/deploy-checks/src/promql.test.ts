import { describe, expect, it } from 'vitest';
import { namesOf } from './promql.ts';

const read = (query: string): { metrics: Record<string, string[]>; grouping: string[] } => {
  const { metrics, grouping } = namesOf(query);
  return {
    metrics: Object.fromEntries([...metrics].map(([name, labels]) => [name, [...labels]])),
    grouping: [...grouping],
  };
};

describe('namesOf', () => {
  it.each([
    ['up == 0', { up: [] }, []],
    ['up{job="x", instance=~"a{b}"} == 0', { up: ['job', 'instance'] }, []],
    [
      'histogram_quantile(0.99, sum by (le, stage) (rate(lat_bucket{job="x"}[5m]))) > 2e3',
      { lat_bucket: ['job'] },
      ['le', 'stage'],
    ],
    ['a_total and on (instance) b_total', { a_total: [], b_total: [] }, ['instance']],
    ['sum(a) == 0 or absent(a)', { a: [] }, []],
    ['sum(rate(a{camera_id=~"$camera"}[$__rate_interval])) / 2', { a: ['camera_id'] }, []],
  ])('finds the names in %s', (query, metrics, grouping) => {
    expect(read(query)).toEqual({ metrics, grouping });
  });
});
