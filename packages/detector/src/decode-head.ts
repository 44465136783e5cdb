import type { Candidate } from './nms.ts';

/**
 * Reads the candidates of one frame from a YOLOv8 head `[4 + classes, anchors]`: cx, cy, w, h in the model's pixels,
 * then the probability of each class. A candidate is of its best class only (ties: the lowest), and counts where that
 * class is wanted and reaches the threshold. NaN never does.
 */
export function decodeHead(
  head: Float32Array,
  classes: number,
  anchors: number,
  classIds: readonly number[],
  threshold: number,
): Candidate[] {
  const candidates: Candidate[] = [];
  for (const classId of classIds) {
    const row = (4 + classId) * anchors;
    for (let index = 0; index < anchors; index += 1) {
      const confidence = head[row + index] ?? 0;
      if (!(confidence >= threshold) || !isBest(head, classes, anchors, classId, index, confidence)) continue;
      const cx = head[index] ?? Number.NaN;
      const cy = head[anchors + index] ?? Number.NaN;
      const halfWidth = (head[2 * anchors + index] ?? Number.NaN) / 2;
      const halfHeight = (head[3 * anchors + index] ?? Number.NaN) / 2;
      if (!Number.isFinite(cx + cy) || !(halfWidth > 0 && halfHeight > 0)) continue;
      candidates.push({
        x1: cx - halfWidth,
        y1: cy - halfHeight,
        x2: cx + halfWidth,
        y2: cy + halfHeight,
        confidence,
        classId,
        index,
      });
    }
  }
  return candidates;
}

function isBest(
  head: Float32Array,
  classes: number,
  anchors: number,
  classId: number,
  index: number,
  confidence: number,
): boolean {
  for (let other = 0; other < classes; other += 1) {
    const value = head[(4 + other) * anchors + index] ?? 0;
    if (value > confidence || (value === confidence && other < classId)) return false;
  }
  return true;
}
