import type { Point } from '@trinetra/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Affine, arcfaceTemplate, invertAffine, similarityTransform } from './similarity.ts';

const number = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });
const points = (count: number): fc.Arbitrary<Point[]> =>
  fc
    .array(fc.tuple(number(-500, 500), number(-500, 500)), { minLength: count, maxLength: count })
    .filter((list) => list.some((point) => Math.hypot(point[0] - (list[0]?.[0] ?? 0), point[1]) > 1));

const apply = ([a, b, c, d, e, f]: Affine, [x, y]: Point): Point => [a * x + b * y + c, d * x + e * y + f];

function residual(transform: Affine, source: readonly Point[], target: readonly Point[]): number {
  return source.reduce((sum, point, index) => {
    const [x, y] = apply(transform, point);
    const goal = target[index] ?? [Number.NaN, Number.NaN];
    return sum + (x - goal[0]) ** 2 + (y - goal[1]) ** 2;
  }, 0);
}

function expectTransform(transform: Affine | null): Affine {
  if (transform === null) throw new Error('expected a transform');
  return transform;
}

describe('similarityTransform', () => {
  it('recovers a known rotation, scale and translation', () => {
    fc.assert(
      fc.property(
        points(5),
        number(-Math.PI, Math.PI),
        number(0.05, 20),
        number(-2000, 2000),
        number(-2000, 2000),
        (source, angle, scale, tx, ty) => {
          const [cos, sin] = [scale * Math.cos(angle), scale * Math.sin(angle)];
          const known: Affine = [cos, -sin, tx, sin, cos, ty];
          const found = expectTransform(
            similarityTransform(
              source,
              source.map((point) => apply(known, point)),
            ),
          );
          for (const [index, value] of found.entries())
            expect(value).toBeCloseTo(known[index] ?? Number.NaN, 5);
        },
      ),
    );
  });

  it('is the least-squares similarity: no other one near it fits better', () => {
    const nudge = number(-0.05, 0.05);
    fc.assert(
      fc.property(points(5), points(5), nudge, nudge, nudge, nudge, (source, target, da, db, dx, dy) => {
        const found = expectTransform(similarityTransform(source, target));
        const [a, , c, b, , f] = found;
        const other: Affine = [a + da, -(b + db), c + dx, b + db, a + da, f + dy];
        const best = residual(found, source, target);
        expect(best).toBeLessThanOrEqual(residual(other, source, target) + 1e-6 * (1 + best));
      }),
    );
  });

  it('never reflects, not even where a mirrored face would fit exactly', () => {
    fc.assert(
      fc.property(points(5), points(5), (source, target) => {
        const [a, b, , d, e] = expectTransform(similarityTransform(source, target));
        expect(a * e - b * d).toBeGreaterThanOrEqual(0);
        expect([e, d]).toEqual([a, -b]);
      }),
    );
    const mirrored = arcfaceTemplate.map(([x, y]): Point => [112 - x, y]);
    const [a, b, , d, e] = expectTransform(similarityTransform(mirrored, arcfaceTemplate));
    expect(a * e - b * d).toBeGreaterThan(0);
  });

  it('agrees with the reference (numpy SVD) on a tilted face that fits no similarity exactly', () => {
    const tilted: Point[] = [
      [310.5, 220.25],
      [368, 241],
      [330.75, 268.5],
      [295, 300],
      [345.5, 316.25],
    ];
    const expected = [
      0.5076144957215327, 0.14548614533568013, -150.6261131876848, -0.14548614533568013, 0.5076144957215327,
      -16.745888594728925,
    ];
    const found = expectTransform(similarityTransform(tilted, arcfaceTemplate));
    for (const [index, value] of found.entries()) expect(value).toBeCloseTo(expected[index] ?? Number.NaN, 9);
  });

  it.each([
    ['no points', []],
    ['one point', [[3, 4]]],
    ['five times the same point', Array.from({ length: 5 }, () => [7, 7])],
    [
      'a point that is not a number',
      [
        [0, 0],
        [1, 0],
        [Number.NaN, 1],
        [0, 1],
        [1, 1],
      ],
    ],
    [
      'a point at infinity',
      [
        [0, 0],
        [1, 0],
        [Number.POSITIVE_INFINITY, 1],
        [0, 1],
        [1, 1],
      ],
    ],
  ] as [string, Point[]][])('has no answer for %s', (_, source) => {
    expect(similarityTransform(source, arcfaceTemplate.slice(0, source.length))).toBeNull();
  });

  it('handles landmarks on one line, as in a face seen from its side', () => {
    const line = [0, 1, 2, 3, 4].map((at): Point => [100, 50 + at * 10]);
    const found = expectTransform(similarityTransform(line, arcfaceTemplate));
    expect(found.every(Number.isFinite)).toBe(true);
    expect(invertAffine(found)).not.toBeNull();
  });

  it('refuses lists of different lengths', () => {
    expect(() => similarityTransform(arcfaceTemplate.slice(1), arcfaceTemplate)).toThrow(
      'Expected as many source as target points but received 4 and 5',
    );
  });
});

describe('invertAffine', () => {
  it('takes every point back', () => {
    fc.assert(
      fc.property(points(5), number(-3, 3), number(0.1, 10), (source, angle, scale) => {
        const [cos, sin] = [scale * Math.cos(angle), scale * Math.sin(angle)];
        const forth: Affine = [cos, -sin, 12, sin, cos, -7];
        const back = expectTransform(invertAffine(forth));
        for (const point of source) {
          const [x, y] = apply(back, apply(forth, point));
          expect(x).toBeCloseTo(point[0], 6);
          expect(y).toBeCloseTo(point[1], 6);
        }
      }),
    );
  });

  it.each([
    ['a flat transform', [1, 2, 0, 2, 4, 0]],
    ['zero', [0, 0, 5, 0, 0, 5]],
    ['not a number', [Number.NaN, 0, 0, 0, 1, 0]],
  ] as [string, Affine][])('has no answer for %s', (_, transform) => {
    expect(invertAffine(transform)).toBeNull();
  });
});

describe('arcfaceTemplate', () => {
  it('is the template of InsightFace for 112x112, to the last digit', () => {
    expect(arcfaceTemplate).toEqual([
      [38.2946, 51.6963],
      [73.5318, 51.5014],
      [56.0252, 71.7366],
      [41.5493, 92.3655],
      [70.7299, 92.2041],
    ]);
  });
});
