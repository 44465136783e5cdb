import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyDigest } from './latency-digest.ts';
import { quantile, subtract } from './quantile.ts';

/** The smallest value that at least a share `q` of the values do not exceed. */
const truth = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(q * values.length) - 1)] ?? 0;

const within10Percent = (value: number | null | undefined, expected: number): void => {
  expect(value ?? 0).toBeGreaterThanOrEqual(expected * 0.9);
  expect(value ?? 0).toBeLessThanOrEqual(expected * 1.1);
};

describe('a percentile', () => {
  it('of latencies around 14 s is told as about 14 s', () => {
    const digest = new LatencyDigest();
    const values = Array.from({ length: 200 }, (_, index) => 12.5 + index * 0.0085);
    for (const value of values) digest.add('a', value);
    within10Percent(quantile(digest.all(), 0.95), truth(values, 0.95));
    within10Percent(digest.takeCameras().get('a'), truth(values, 0.95));
  });

  it('is within 10 % of the truth, whatever the latencies between 1 ms and 55 min are', () => {
    const latency = fc.double({ min: Math.log(0.0011), max: Math.log(3300), noNaN: true }).map(Math.exp);
    fc.assert(
      fc.property(fc.array(latency, { minLength: 1, maxLength: 300 }), (values) => {
        const digest = new LatencyDigest();
        for (const value of values) digest.add('a', value);
        for (const q of [0.5, 0.95, 0.99]) within10Percent(quantile(digest.all(), q), truth(values, q));
        within10Percent(digest.takeCameras().get('a'), truth(values, 0.95));
      }),
    );
  });

  it('of a stretch of time is that of what came in it', () => {
    const digest = new LatencyDigest();
    for (let index = 0; index < 100; index += 1) digest.add('a', 0.05);
    const before = digest.all();
    for (let index = 0; index < 10; index += 1) digest.add('a', 20);
    within10Percent(quantile(subtract(digest.all(), before), 0.5), 20);
  });

  it('of a camera is that of the time since it was asked for, and absent without events', () => {
    const digest = new LatencyDigest();
    digest.add('a', 1);
    digest.add('b', 8);
    expect([...digest.takeCameras().keys()]).toEqual(['a', 'b']);
    digest.add('b', 2);
    const next = digest.takeCameras();
    expect([...next.keys()]).toEqual(['b']);
    within10Percent(next.get('b'), 2);
  });

  it('beyond an hour, and of nothing at all, is told by the nearest bound', () => {
    const digest = new LatencyDigest();
    digest.add('a', 1e9);
    expect(quantile(digest.all(), 0.5)).toBeGreaterThan(3400);
    const zero = new LatencyDigest();
    zero.add('a', 0);
    expect(quantile(zero.all(), 0.5)).toBeLessThanOrEqual(0.001);
  });
});

it('keeps a thousand cameras by themselves, and counts more in the whole', () => {
  const digest = new LatencyDigest();
  for (let index = 0; index < 1500; index += 1) digest.add(`cam_${index}`, 1);
  expect(digest.takeCameras().size).toBe(1000);
  expect(digest.all().counts.at(-1)).toBe(1500);
});
