import type { Box, Person } from './frame.ts';

/** Least overlap of two boxes of one person. */
const leastIou = 0.5;

/** Indexes of a person in A and in B. */
export interface PersonMatch {
  readonly a: number;
  readonly b: number;
  readonly iou: number;
}

/** Intersection over union, 0..1; 1 for boxes that are the same, also without an area. */
export function iouOf(a: Box, b: Box): number {
  if (a.every((value, i) => value === b[i])) return 1;
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const areaOf = ([x1, y1, x2, y2]: Box): number => (x2 - x1) * (y2 - y1);
  const both = width * height;
  return both / (areaOf(a) + areaOf(b) - both);
}

/**
 * Matches persons of one class whose boxes overlap by at least 0.5, the pair that overlaps most first, each
 * person once; of equal pairs the one that comes first.
 *
 * Greedy, not the assignment of the largest sum (Hungarian). That one may take a box from the person who is
 * exactly there to form two lesser pairs. It then reports two moved boxes instead of one lost person.
 */
export function matchPersons(a: readonly Person[], b: readonly Person[]): PersonMatch[] {
  const candidates: PersonMatch[] = [];
  for (const [i, one] of a.entries()) {
    for (const [j, other] of b.entries()) {
      const iou = one.classId === other.classId ? iouOf(one.box, other.box) : 0;
      if (iou >= leastIou) candidates.push({ a: i, b: j, iou });
    }
  }
  candidates.sort((one, other) => other.iou - one.iou);
  const [takenA, takenB] = [new Set<number>(), new Set<number>()];
  return candidates.filter((match) => {
    if (takenA.has(match.a) || takenB.has(match.b)) return false;
    takenA.add(match.a);
    takenB.add(match.b);
    return true;
  });
}
