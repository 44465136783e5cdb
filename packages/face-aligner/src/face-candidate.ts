import type { FaceLandmarks, Xyxy } from '@trinetra/contracts';

/** A face in the pixels that the model saw, or in those of the image. */
export interface FaceCandidate {
  readonly bbox: Xyxy;
  readonly landmarks: FaceLandmarks;
  readonly score: number;
}

/** Faces of one crop that are worth offering to its person, best first. */
const maxCandidates = 4;

/** Intersection over union, 0..1; 0 for boxes without area. */
export function faceOverlap(a: Xyxy, b: Xyxy): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (!(width > 0 && height > 0)) return 0;
  const area = (box: Xyxy): number => (box[2] - box[0]) * (box[3] - box[1]);
  return (width * height) / (area(a) + area(b) - width * height);
}

const isFace = ({ bbox, landmarks }: FaceCandidate): boolean =>
  bbox.every(Number.isFinite) &&
  landmarks.flat().every(Number.isFinite) &&
  bbox[2] > bbox[0] &&
  bbox[3] > bbox[1];

/**
 * The best faces, at most 4, best first (ties in the order given), none overlapping a better one by more than
 * `iouThreshold`; what has a number that is not finite, or a box without area, is no face.
 */
export function keepBestFaces(faces: readonly FaceCandidate[], iouThreshold: number): FaceCandidate[] {
  const kept: FaceCandidate[] = [];
  for (const face of faces.filter(isFace).toSorted((a, b) => b.score - a.score)) {
    if (kept.length >= maxCandidates) break;
    if (!kept.some((other) => faceOverlap(other.bbox, face.bbox) > iouThreshold)) kept.push(face);
  }
  return kept;
}
