import type { Xyxy } from '@trinetra/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faceIn } from '../test/fake-model.ts';
import { assignFaces } from './assign-faces.ts';
import { type FaceCandidate, faceOverlap } from './face-candidate.ts';

const box = (x: number, y: number, width: number, height: number): Xyxy => [x, y, x + width, y + height];

describe('assignFaces', () => {
  it('gives each person the best face of its crop', () => {
    const left = [faceIn(box(20, 10, 30, 30), 0.9), faceIn(box(60, 12, 20, 20), 0.7)];
    const right = [faceIn(box(220, 10, 30, 30), 0.8)];
    expect(assignFaces([box(0, 0, 100, 300), box(200, 0, 100, 300)], [left, right])).toEqual([0, 0]);
  });

  it('gives a face that two ask for to the one who has it at the top middle; the other gets its next', () => {
    const [his, hers] = [faceIn(box(35, 10, 30, 30), 0.8), faceIn(box(115, 12, 30, 30), 0.95)];
    const persons = [box(0, 0, 150, 300), box(80, 0, 100, 300)];
    expect(assignFaces(persons, [[hers, his], [hers]])).toEqual([1, 0]);
    expect(assignFaces(persons.toReversed(), [[hers], [hers, his]])).toEqual([0, 1]);
  });

  it('leaves a person without a face where the only one is nearer to another', () => {
    const face = faceIn(box(35, 10, 30, 30), 0.9);
    expect(assignFaces([box(0, 0, 100, 300), box(30, 0, 120, 300)], [[face], [face]])).toEqual([0, -1]);
    expect(assignFaces([box(0, 0, 100, 300)], [[]])).toEqual([-1]);
    expect(assignFaces([], [])).toEqual([]);
  });

  it('knows a face again that the edge of the other crop cuts, and gives it to the one who sees all of it', () => {
    const whole = faceIn(box(35, 10, 30, 40), 0.9);
    const cut = { ...faceIn(box(35, 30, 30, 14), 0.7), landmarks: whole.landmarks };
    expect(faceOverlap(whole.bbox, cut.bbox)).toBeLessThan(0.4);
    expect(assignFaces([box(0, 0, 100, 300), box(0, 30, 120, 300)], [[whole], [cut]])).toEqual([0, -1]);
  });

  it('gives one of two persons with the very same box the face, and the other none', () => {
    const face = faceIn(box(35, 10, 30, 30), 0.9);
    expect(assignFaces([box(0, 0, 100, 300), box(0, 0, 100, 300)], [[face], [face]])).toEqual([0, -1]);
  });

  it('never lets two persons share a face, and denies nobody a face that no one holds', () => {
    const person = fc
      .tuple(fc.nat(300), fc.nat(300), fc.integer({ min: 20, max: 300 }), fc.integer({ min: 20, max: 300 }))
      .map(([x, y, width, height]) => box(x, y, width, height));
    // Faces of one room, apart from each other: everybody whose box holds a face asks for it, best first, a little
    // displaced by the crop in which it was seen.
    const scene = fc.tuple(
      fc.array(person, { maxLength: 8 }),
      fc.array(fc.tuple(fc.nat(5), fc.nat(5), fc.nat(99)), { maxLength: 8 }),
      fc.infiniteStream(fc.integer({ min: -1, max: 1 })),
    );
    fc.assert(
      fc.property(scene, ([persons, faces, noise]) => {
        const jitter = (): number => noise.next().value ?? 0;
        const candidates = persons.map(([x1, y1, x2, y2]) =>
          faces
            .map(([column, row, score]) => [column * 70, row * 70, score / 100] as const)
            .filter(([x, y]) => x >= x1 && x < x2 && y >= y1 && y < y2)
            .map(([x, y, score]) => faceIn(box(x + jitter(), y + jitter(), 40, 40), score))
            .toSorted((a, b) => b.score - a.score),
        );
        const choice = assignFaces(persons, candidates);
        expect(choice).toHaveLength(persons.length);
        const chosen = choice.map((at, index): FaceCandidate | undefined => candidates[index]?.[at]);
        const holders = (face: FaceCandidate): number =>
          chosen.filter((other) => other !== undefined && faceOverlap(other.bbox, face.bbox) > 0.4).length;
        for (const [index, at] of choice.entries()) {
          const own = candidates[index] ?? [];
          expect(at).toBeLessThan(own.length || 1);
          for (const face of at < 0 ? own : own.slice(0, at + 1)) expect(holders(face)).toBe(1);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is quick for a crowd in which everybody asks for every face', () => {
    const faces = [0, 1, 2, 3].map((at) => faceIn(box(at * 50, 0, 40, 40), 0.9 - at * 0.05));
    const persons = Array.from({ length: 300 }, (_, at) => box(at / 10, 0, 200, 400));
    const startedAt = performance.now();
    const choice = assignFaces(
      persons,
      persons.map(() => faces),
    );
    expect(choice.filter((at) => at >= 0).toSorted()).toEqual([0, 1, 2, 3]);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });
});
