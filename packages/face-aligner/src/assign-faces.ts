import type { Xyxy } from '@trinetra/contracts';
import { type FaceCandidate, faceOverlap } from './face-candidate.ts';

/** Two candidates that overlap by more than this are one face, seen in two persons' crops. */
const sameFace = 0.4;

/** How far from the top middle of a person's box a face stands, in widths of the box: small for one's own face. */
function distance(person: Xyxy, face: FaceCandidate): number {
  const width = Math.max(1, person[2] - person[0]);
  const x = (face.bbox[0] + face.bbox[2]) / 2 - (person[0] + person[2]) / 2;
  const y = (face.bbox[1] + face.bbox[3]) / 2 - person[1];
  return Math.hypot(x, y) / width;
}

/**
 * Gives each person at most one face and each face to at most one person. Every person first asks for the best face
 * of its crop; where two ask for the same face, the one whose box holds it nearer to its top middle gets it, and the
 * other asks for its next.
 *
 * @param candidates By person, best first, in the pixels of the image.
 * @returns By person, the index into its candidates, or -1.
 */
export function assignFaces(
  persons: readonly Xyxy[],
  candidates: readonly (readonly FaceCandidate[])[],
): number[] {
  const choice: number[] = candidates.map((faces) => (faces.length > 0 ? 0 : -1));
  const faceOf = (person: number): FaceCandidate | undefined => candidates[person]?.[choice[person] ?? -1];
  const conflict = (): [number, number] | null => {
    for (let a = 0; a < persons.length; a += 1) {
      for (let b = a + 1; b < persons.length; b += 1) {
        const [faceA, faceB] = [faceOf(a), faceOf(b)];
        if (faceA !== undefined && faceB !== undefined && faceOverlap(faceA.bbox, faceB.bbox) > sameFace)
          return [a, b];
      }
    }
    return null;
  };
  // Each turn takes one candidate from one person, so this ends.
  for (let pair = conflict(); pair !== null; pair = conflict()) {
    const [a, b] = pair;
    const [boxA, boxB, faceA, faceB] = [persons[a], persons[b], faceOf(a), faceOf(b)];
    if (boxA === undefined || boxB === undefined || faceA === undefined || faceB === undefined) break;
    const loser = distance(boxA, faceA) <= distance(boxB, faceB) ? b : a;
    const next = (choice[loser] ?? 0) + 1;
    choice[loser] = next < (candidates[loser]?.length ?? 0) ? next : -1;
  }
  return choice;
}
