import type { Xyxy } from '@trinetra/contracts';
import { type FaceCandidate, faceOverlap } from './face-candidate.ts';

/**
 * Whether two candidates are one face, seen in two persons' crops: they overlap by more than 0.4, or their noses are
 * nearer than half of the narrower face. The second tells a face that the edge of one crop cuts: its box is smaller
 * there, but its nose stays.
 */
function areSameFace(a: FaceCandidate, b: FaceCandidate): boolean {
  if (faceOverlap(a.bbox, b.bbox) > 0.4) return true;
  const [noseA, noseB] = [a.landmarks[2], b.landmarks[2]];
  const width = Math.min(a.bbox[2] - a.bbox[0], b.bbox[2] - b.bbox[0]);
  return Math.hypot(noseA[0] - noseB[0], noseA[1] - noseB[1]) < width / 2;
}

/** One who scores the same face so much higher sees the whole of it, where the other's crop cuts it. */
const clearLead = 0.1;

/** How far from the top middle of a person's box a face stands, in widths of the box: small for one's own face. */
function distance(person: Xyxy, face: FaceCandidate): number {
  const width = Math.max(1, person[2] - person[0]);
  const x = (face.bbox[0] + face.bbox[2]) / 2 - (person[0] + person[2]) / 2;
  const y = (face.bbox[1] + face.bbox[3]) / 2 - person[1];
  return Math.hypot(x, y) / width;
}

/**
 * Gives each person at most one face and each face to at most one person. Every person first asks for the best face
 * of its crop; where two ask for the same face, the one who scores it clearly higher gets it, else the one whose box
 * holds it nearer to its top middle, and the other asks for its next.
 *
 * @param candidates By person, best first, in the pixels of the image.
 * @returns By person, the index into its candidates, or -1.
 */
export function assignFaces(
  persons: readonly Xyxy[],
  candidates: readonly (readonly FaceCandidate[])[],
): number[] {
  const choice: number[] = candidates.map(() => -1);
  const faceOf = (person: number, at: number): FaceCandidate | undefined => candidates[person]?.[at];
  /** Whether `person` gives up its claim to `rival`; of two at the same distance the first keeps it. */
  const yields = (person: number, face: FaceCandidate, rival: number, rivalFace: FaceCandidate): boolean => {
    const [own, other] = [persons[person], persons[rival]];
    if (own === undefined || other === undefined) return true;
    if (Math.abs(face.score - rivalFace.score) > clearLead) return face.score < rivalFace.score;
    const lead = distance(other, rivalFace) - distance(own, face);
    return lead < 0 || (lead === 0 && rival < person);
  };
  const waiting = candidates.map((_, person) => ({ person, at: 0 }));
  // Each turn takes one claim off, and whoever loses a face comes back with its next: at most all candidates in all.
  for (let claim = waiting.shift(); claim !== undefined; claim = waiting.shift()) {
    const { person, at } = claim;
    const face = faceOf(person, at);
    if (face === undefined) continue;
    const rivals = [...choice.entries()].flatMap(([rival, rivalAt]) => {
      const rivalFace = faceOf(rival, rivalAt);
      const same = rivalFace !== undefined && areSameFace(face, rivalFace);
      return same ? [{ person: rival, at: rivalAt, face: rivalFace }] : [];
    });
    if (rivals.some((rival) => yields(person, face, rival.person, rival.face))) {
      waiting.push({ person, at: at + 1 });
      continue;
    }
    for (const rival of rivals) {
      choice[rival.person] = -1;
      waiting.push({ person: rival.person, at: rival.at + 1 });
    }
    choice[person] = at;
  }
  return choice;
}
