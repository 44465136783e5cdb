interface Box {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** A box in the model's pixels with its best class. */
export interface Candidate extends Box {
  readonly confidence: number;
  readonly classId: number;
  /** Place in the model's output: breaks ties. */
  readonly index: number;
}

/** The box of a centre and a size. */
export const boxAround = (x: number, y: number, width: number, height: number): Box => ({
  x1: x - width / 2,
  y1: y - height / 2,
  x2: x + width / 2,
  y2: y + height / 2,
});

/** Intersection over union of two boxes; 0 for boxes without area. */
export function iou(a: Box, b: Box): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  if (width <= 0 || height <= 0) return 0;
  const overlap = width * height;
  const union = (a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1) - overlap;
  return union > 0 ? overlap / union : 0;
}

/**
 * Greedy non-maximum suppression, class by class: the most confident box stays, boxes of its class that overlap it
 * by more than `iouThreshold` go. Ties go to the lower index. Boxes of different classes never suppress each other.
 *
 * @see https://docs.ultralytics.com/reference/utils/nms/
 */
export function suppress(
  candidates: readonly Candidate[],
  iouThreshold: number,
  maxCandidates: number,
  maxDetections: number,
): Candidate[] {
  const order = candidates
    .toSorted((a, b) => b.confidence - a.confidence || a.index - b.index)
    .slice(0, maxCandidates);
  const kept: Candidate[] = [];
  for (const candidate of order) {
    if (kept.length >= maxDetections) break;
    const covered = kept.some(
      (other) => other.classId === candidate.classId && iou(other, candidate) > iouThreshold,
    );
    if (!covered) kept.push(candidate);
  }
  return kept;
}
