import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, iou, suppress } from './nms.ts';

type Corners = readonly [x1: number, y1: number, x2: number, y2: number];

const box = ([x1, y1, x2, y2]: Corners, confidence = 0.5, classId = 0, index = 0): Candidate => ({
  x1,
  y1,
  x2,
  y2,
  confidence,
  classId,
  index,
});

const indices = (candidates: readonly Candidate[]): number[] => candidates.map(({ index }) => index);

describe('iou', () => {
  it.each<[what: string, a: Corners, b: Corners, expected: number]>([
    ['equal', [0, 0, 10, 10], [0, 0, 10, 10], 1],
    ['apart', [0, 0, 10, 10], [20, 0, 30, 10], 0],
    ['side by side', [0, 0, 10, 10], [10, 0, 20, 10], 0],
    ['one inside the other', [0, 0, 10, 10], [0, 0, 5, 5], 0.25],
    ['half shifted', [0, 0, 10, 10], [5, 0, 15, 10], 1 / 3],
    ['without area', [5, 5, 5, 5], [0, 0, 10, 10], 0],
    ['both without area', [5, 5, 5, 5], [5, 5, 5, 5], 0],
  ])('of boxes %s', (_, a, b, expected) => {
    expect(iou(box(a), box(b))).toBeCloseTo(expected, 12);
    expect(iou(box(b), box(a))).toBeCloseTo(expected, 12);
  });
});

describe('suppress', () => {
  it('gives nothing for nothing', () => expect(suppress([], 0.45, 10, 10)).toEqual([]));

  it('keeps the more confident of two boxes, wherever it stands', () => {
    const [a, b] = [box([0, 0, 10, 10], 0.5, 0, 0), box([1, 0, 11, 10], 0.9, 0, 1)];
    expect(indices(suppress([a, b], 0.45, 10, 10))).toEqual([1]);
  });

  it('keeps the first of two equally confident boxes', () => {
    const [a, b] = [box([0, 0, 10, 10], 0.5, 0, 0), box([1, 0, 11, 10], 0.5, 0, 1)];
    expect(indices(suppress([b, a], 0.45, 10, 10))).toEqual([0]);
  });

  it('keeps a box that overlaps by exactly the threshold, and drops one that overlaps by more', () => {
    const candidates = [box([0, 0, 10, 10], 0.9, 0, 0), box([0, 0, 10, 5], 0.8, 0, 1)];
    expect(indices(suppress(candidates, 0.5, 10, 10))).toEqual([0, 1]);
    expect(indices(suppress(candidates, 0.4999, 10, 10))).toEqual([0]);
  });

  it('keeps boxes of different classes in the same place', () => {
    const candidates = [0, 1, 2].map((classId) => box([0, 0, 10, 10], 0.9 - classId / 10, classId, classId));
    expect(indices(suppress(candidates, 0.45, 10, 10))).toEqual([0, 1, 2]);
  });

  it('lets a box that was dropped suppress nothing', () => {
    const chain = [
      box([0, 0, 10, 10], 0.9, 0, 0),
      box([3, 0, 13, 10], 0.8, 0, 1),
      box([6, 0, 16, 10], 0.7, 0, 2),
    ];
    expect(indices(suppress(chain, 0.45, 10, 10))).toEqual([0, 2]);
  });

  it('takes the most confident candidates, and stops at the most detections', () => {
    const apart = [0.1, 0.3, 0.2].map((confidence, index) =>
      box([index * 20, 0, index * 20 + 10, 10], confidence, 0, index),
    );
    expect(indices(suppress(apart, 0.45, 2, 10))).toEqual([1, 2]);
    expect(indices(suppress(apart, 0.45, 10, 1))).toEqual([1]);
  });

  const coordinate = fc.integer({ min: 0, max: 40 });
  const side = fc.integer({ min: 1, max: 20 });
  const candidates = fc
    .array(fc.tuple(coordinate, coordinate, side, side, fc.integer({ min: 0, max: 8 }), fc.nat({ max: 2 })), {
      maxLength: 30,
    })
    .map((list) =>
      list.map(([x, y, width, height, score, classId], index) =>
        box([x, y, x + width, y + height], score / 8, classId, index),
      ),
    );

  it('gives a sorted subset without an overlapping pair of a class, and drops nothing without a cause', () => {
    fc.assert(
      fc.property(candidates, fc.constantFrom(0, 0.25, 0.45, 0.5, 1), (given, threshold) => {
        const kept = suppress(given, threshold, 1000, 1000);
        expect(new Set(kept).size).toBe(kept.length);
        const overlaps = (a: Candidate, b: Candidate): boolean =>
          a.classId === b.classId && iou(a, b) > threshold;
        for (const [at, candidate] of kept.entries()) {
          expect(given).toContain(candidate);
          const before = kept[at - 1];
          if (before !== undefined) {
            const sorted = before.confidence - candidate.confidence || candidate.index - before.index;
            expect(sorted).toBeGreaterThan(0);
          }
          expect(kept.slice(at + 1).some((other) => overlaps(candidate, other))).toBe(false);
        }
        for (const candidate of given.filter((one) => !kept.includes(one))) {
          const causes = kept.filter((one) => overlaps(one, candidate));
          expect(causes.some((one) => one.confidence >= candidate.confidence)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
