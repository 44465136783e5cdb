import type { Xyxy } from '@trinetra/contracts';
import { describe, expect, it } from 'vitest';
import { type FoundPerson, matchPersons, overlapOf } from './match-persons.ts';

const person = (box: Xyxy, ...embedding: number[]): FoundPerson => ({
  box,
  embedding: embedding.length === 0 ? null : Float32Array.from(embedding),
});

describe('overlapOf', () => {
  it.each<[string, Xyxy, Xyxy, number]>([
    ['one box', [0, 0, 1, 1], [0, 0, 1, 1], 1],
    ['a half', [0, 0, 1, 1], [0, 0, 1, 0.5], 0.5],
    ['a third', [0, 0, 0.2, 0.1], [0.1, 0, 0.3, 0.1], 1 / 3],
    ['boxes that touch', [0, 0, 0.5, 1], [0.5, 0, 1, 1], 0],
    ['boxes apart, across and down', [0, 0, 0.2, 0.2], [0.5, 0.5, 0.7, 0.7], 0],
    ['a box without area', [0.5, 0, 0.5, 1], [0, 0, 1, 1], 0],
  ])('is right for %s', (_, a, b, expected) => {
    expect(overlapOf(a, b)).toBeCloseTo(expected, 12);
    expect(overlapOf(b, a)).toBeCloseTo(expected, 12);
  });
});

describe('matchPersons', () => {
  it('finds nothing where there is nothing', () => {
    expect(matchPersons([], [])).toEqual({ overlaps: [], cosines: [], others: 0 });
    expect(matchPersons([person([0, 0, 1, 1])], [])).toEqual({ overlaps: [], cosines: [], others: 0 });
    expect(matchPersons([], [person([0, 0, 1, 1])])).toEqual({ overlaps: [], cosines: [], others: 1 });
  });

  it('takes an overlap of a half for the same person, and a smaller one for another', () => {
    const wanted = [person([0, 0, 1, 1])];
    expect(matchPersons(wanted, [person([0, 0, 1, 0.5])]).overlaps).toEqual([0.5]);
    expect(matchPersons(wanted, [person([0, 0, 1, 0.49])])).toMatchObject({ overlaps: [], others: 1 });
  });

  it('pairs those that overlap most first, whatever their order, and nobody twice', () => {
    const [left, right] = [person([0, 0, 1, 0.8]), person([0, 0, 1, 1])];
    const exact = person([0, 0, 1, 1]);
    expect(matchPersons([left, right], [exact]).overlaps).toEqual([1]);
    expect(matchPersons([right, left], [exact, person([0, 0, 1, 0.8])]).overlaps).toEqual([1, 1]);
    expect(matchPersons([right], [left, exact])).toMatchObject({ overlaps: [1], others: 1 });
  });

  it('compares the embeddings of faces that both pictures have', () => {
    const box: Xyxy = [0, 0, 0.4, 1];
    const other: Xyxy = [0.5, 0, 1, 1];
    const wanted = [person(box, 0.6, 0.8), person(other, 1, 0)];
    const { cosines } = matchPersons(wanted, [person(other), person(box, 0.8, 0.6)]);
    expect(cosines).toHaveLength(1);
    expect(cosines[0]).toBeCloseTo(0.96, 6);
  });
});
