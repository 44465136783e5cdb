import type { Size } from '@trinetra/contracts';
import { boxAround, type Candidate } from './nms.ts';

/** NaN, infinities and what is no probability are no candidates. */
function reaches(confidence: number, threshold: number): boolean {
  return confidence >= threshold && confidence <= 1;
}

function hasArea({ x1, y1, x2, y2 }: Candidate): boolean {
  return x2 > x1 && y2 > y1 && Number.isFinite(x2 - x1) && Number.isFinite(y2 - y1);
}

/**
 * Reads the candidates of one frame from a YOLOv8 head `[4 + classes, anchors]`: cx, cy, w, h in the model's pixels,
 * then the probability of each class. A candidate is of its best class only (ties: the lowest), and counts where that
 * class is wanted and reaches the threshold. Scores that are no probability and boxes that are not finite never do.
 *
 * @param threshold Compared as float32, so that a probability written as the threshold reaches it.
 */
export function decodeHead(
  head: Float32Array,
  classes: number,
  anchors: number,
  classIds: readonly number[],
  threshold: number,
): Candidate[] {
  const candidates: Candidate[] = [];
  const least = Math.fround(threshold);
  const at = (row: number, index: number): number => head[row * anchors + index] ?? Number.NaN;
  for (const classId of classIds) {
    const row = (4 + classId) * anchors;
    for (let index = 0; index < anchors; index += 1) {
      const confidence = head[row + index] ?? Number.NaN;
      if (!reaches(confidence, least) || !isBest(head, classes, anchors, classId, index, confidence))
        continue;
      const box = boxAround(at(0, index), at(1, index), at(2, index), at(3, index));
      const candidate: Candidate = { ...box, confidence, classId, index };
      if (hasArea(candidate)) candidates.push(candidate);
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

/**
 * Reads the detections of one frame from an end-to-end head `[detections, 6]`: x1, y1, x2, y2 in the model's pixels,
 * confidence, class; rows that are not used are zeros. The graph has suppressed already: most confident first here.
 *
 * @see https://docs.ultralytics.com/guides/end2end-detection/
 */
export function decodeEndToEnd(
  head: Float32Array,
  classIds: readonly number[],
  threshold: number,
): Candidate[] {
  const candidates: Candidate[] = [];
  const least = Math.fround(threshold);
  for (let index = 0; (index + 1) * 6 <= head.length; index += 1) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0, confidence = 0, classId = -1] = head.subarray(index * 6);
    const candidate: Candidate = { x1, y1, x2, y2, confidence, classId, index };
    if (reaches(confidence, least) && classIds.includes(classId) && hasArea(candidate)) {
      candidates.push(candidate);
    }
  }
  return candidates.sort((a, b) => b.confidence - a.confidence || a.index - b.index);
}

/**
 * Reads the detections of one frame from a head of RT-DETR `[queries, 4 + classes]`: cx, cy, w, h in 0..1 of the input, then the
 * probability of each class. A query is of its best class only (ties: the lowest). Each finds another object, so nothing is
 * suppressed: most confident first here.
 *
 * @param size Of the input, px: the candidates are in its pixels.
 * @see https://docs.ultralytics.com/reference/models/rtdetr/predict/
 */
export function decodeQueries(
  head: Float32Array,
  classes: number,
  classIds: readonly number[],
  threshold: number,
  size: Size,
): Candidate[] {
  const columns = 4 + classes;
  const rows = new Float32Array(6 * Math.floor(head.length / columns));
  for (let index = 0; index < rows.length / 6; index += 1) {
    const row = head.subarray(index * columns, (index + 1) * columns);
    let best = 4;
    for (let at = 5; at < columns; at += 1) if ((row[at] ?? 0) > (row[best] ?? 0)) best = at;
    rows.set(row.subarray(0, 4), 6 * index);
    rows.set([row[best] ?? 0, best - 4], 6 * index + 4);
  }
  return decodeTopQueries(rows, classIds, threshold, size);
}

/**
 * Reads the detections of one frame from a head of RT-DETR `[detections, 6]`, as Ultralytics has it from 8.4.100: cx, cy, w, h in 0..1
 * of the input, confidence, class.
 *
 * @param size Of the input, px: the candidates are in its pixels.
 */
export function decodeTopQueries(
  head: Float32Array,
  classIds: readonly number[],
  threshold: number,
  { width, height }: Size,
): Candidate[] {
  const corners = head.slice();
  for (let at = 0; at + 6 <= corners.length; at += 6) {
    const [cx = 0, cy = 0, w = 0, h = 0] = head.subarray(at, at + 4);
    const { x1, y1, x2, y2 } = boxAround(cx, cy, w, h);
    corners.set([x1 * width, y1 * height, x2 * width, y2 * height], at);
  }
  return decodeEndToEnd(corners, classIds, threshold);
}
