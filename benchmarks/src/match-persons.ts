import type { Xyxy } from '@trinetra/contracts';

/** A person that the models found in a picture. */
export interface FoundPerson {
  /** 0..1 of the picture, so that boxes of squashed and of full pictures can be compared. */
  readonly box: Xyxy;
  /** A unit vector; null without a face. */
  readonly embedding: Float32Array | null;
}

/** Agreement of found and expected persons. */
export interface PersonAgreement {
  /** Overlap of the two boxes of each person found again, 0..1. */
  readonly overlaps: readonly number[];
  /** Cosine of each face with an embedding in both, -1..1. */
  readonly cosines: readonly number[];
  /** Found, but not expected. */
  readonly others: number;
}

/** At this overlap two boxes are one person. */
const leastOverlap = 0.5;

const area = ([x1, y1, x2, y2]: Xyxy): number => Math.max(0, x2 - x1) * Math.max(0, y2 - y1);

/** Intersection over union; 0 for boxes without area. Squashing both boxes alike does not change it. */
export function overlapOf(a: Xyxy, b: Xyxy): number {
  const both = area([Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]);
  return both === 0 ? 0 : both / (area(a) + area(b) - both);
}

/** Of unit vectors. */
function cosineOf(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? Number.NaN), 0);
}

/** Pairs the persons of one picture, largest overlap first; no person is in two pairs. */
export function matchPersons(wanted: readonly FoundPerson[], found: readonly FoundPerson[]): PersonAgreement {
  const pairs = wanted
    .flatMap((a) => found.map((b) => ({ a, b, overlap: overlapOf(a.box, b.box) })))
    .filter(({ overlap }) => overlap >= leastOverlap)
    .toSorted((one, other) => other.overlap - one.overlap);
  const taken = new Set<FoundPerson>();
  const overlaps: number[] = [];
  const cosines: number[] = [];
  for (const { a, b, overlap } of pairs) {
    if (taken.has(a) || taken.has(b)) continue;
    taken.add(a).add(b);
    overlaps.push(overlap);
    if (a.embedding !== null && b.embedding !== null) cosines.push(cosineOf(a.embedding, b.embedding));
  }
  return { overlaps, cosines, others: found.length - overlaps.length };
}
