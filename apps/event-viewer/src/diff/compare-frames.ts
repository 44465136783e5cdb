import type { Frame, Person } from './frame.ts';
import { matchPersons } from './match-persons.ts';

/** A matched person. */
interface ComparedPerson {
  /** 0.5..1 */
  readonly iou: number;
  /** Confidence in B less that in A. */
  readonly confidenceShift: number;
  readonly faces: InWhich;
  readonly embeddings: InWhich;
  /** -1..1; null if not both have one, or their spaces differ. */
  readonly cosine: number | null;
}

/** Which side has something. */
type InWhich = 'both' | 'only_a' | 'only_b' | 'none';

/** The comparison of one frame. */
export interface FrameComparison {
  /** Undefined where A or B has no such frame. */
  readonly a: Frame | undefined;
  readonly b: Frame | undefined;
  readonly both: readonly ComparedPerson[];
  readonly onlyA: readonly Person[];
  readonly onlyB: readonly Person[];
  readonly sameSpace: boolean;
}

function inWhich(inA: boolean, inB: boolean): InWhich {
  if (inA) return inB ? 'both' : 'only_a';
  return inB ? 'only_b' : 'none';
}

/** The cosine of two vectors, -1..1; exactly 1 if all numbers are the same. */
export function cosineOf(a: Float32Array, b: Float32Array): number {
  let [dot, squareA, squareB, isSame] = [0, 0, 0, a.length === b.length];
  for (let i = 0; i < a.length; i += 1) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0];
    dot += x * y;
    squareA += x * x;
    squareB += y * y;
    if (x !== y) isSame = false;
  }
  if (isSame) return 1;
  const length = Math.sqrt(squareA * squareB);
  // Rounding must not give 1 for different vectors.
  return length === 0 ? 0 : Math.min(1 - Number.EPSILON, Math.max(-1, dot / length));
}

/** Compares one frame. At least one of A and B has it. */
export function compareFrames(a: Frame | undefined, b: Frame | undefined): FrameComparison {
  const [personsA, personsB] = [a?.persons ?? [], b?.persons ?? []];
  if (a === undefined || b === undefined) {
    return { a, b, both: [], onlyA: personsA, onlyB: personsB, sameSpace: true };
  }
  const matches = matchPersons(personsA, personsB);
  const sameSpace = a.embeddingSpace === b.embeddingSpace;
  const both = matches.flatMap(({ a: i, b: j, iou }) => {
    const [one, other] = [personsA[i], personsB[j]];
    return one === undefined || other === undefined ? [] : [comparePersons(one, other, iou, sameSpace)];
  });
  const [inA, inB] = [new Set(matches.map((match) => match.a)), new Set(matches.map((match) => match.b))];
  return {
    a,
    b,
    both,
    onlyA: personsA.filter((_, i) => !inA.has(i)),
    onlyB: personsB.filter((_, i) => !inB.has(i)),
    sameSpace,
  };
}

function comparePersons(a: Person, b: Person, iou: number, sameSpace: boolean): ComparedPerson {
  const comparable = sameSpace && a.embedding !== undefined && b.embedding !== undefined;
  return {
    iou,
    confidenceShift: b.confidence - a.confidence,
    faces: inWhich(a.hasFace, b.hasFace),
    embeddings: inWhich(a.embedding !== undefined, b.embedding !== undefined),
    cosine: comparable ? cosineOf(a.embedding, b.embedding) : null,
  };
}

/** Whether nothing that is compared differs. */
export function isSame({ a, b, both, onlyA, onlyB, sameSpace }: FrameComparison): boolean {
  return (
    a?.status === b?.status &&
    sameSpace &&
    onlyA.length + onlyB.length === 0 &&
    both.every(
      ({ iou, confidenceShift, faces, embeddings, cosine }) =>
        iou === 1 &&
        confidenceShift === 0 &&
        !faces.startsWith('only') &&
        !embeddings.startsWith('only') &&
        (cosine === null || cosine === 1),
    )
  );
}

/**
 * How much a frame differs, from 0; a sum. A person in one side only counts the confidence. A matched person
 * counts 1 - IoU, the shift of the confidence, 1 - cosine, and 0.5 for a face or embedding in one side only.
 * Another status counts 1, and so does a frame in one side only.
 */
export function scoreOf({ a, b, both, onlyA, onlyB }: FrameComparison): number {
  const alone = [...onlyA, ...onlyB].reduce((sum, { confidence }) => sum + confidence, 0);
  const moved = both.reduce((sum, { iou, confidenceShift, faces, embeddings, cosine }) => {
    const halves = [faces, embeddings].filter((which) => which.startsWith('only')).length / 2;
    return sum + (1 - iou) + Math.abs(confidenceShift) + (cosine === null ? 0 : 1 - cosine) + halves;
  }, 0);
  return alone + moved + (a?.status === b?.status ? 0 : 1);
}
