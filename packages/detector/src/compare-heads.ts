import { type Agreement, type CompareOutput, cosineOf, leastCosine } from '@trinetra/inference-runtime';
import { headOf } from './model-contract.ts';
import { type Candidate, iou } from './nms.ts';

/** Candidates of the expected answer that are compared one by one: the most confident ones. */
const candidates = 20;
/** Boxes of one candidate that overlap less, or confidences that differ more, disagree. */
const leastOverlap = 0.9;
const mostConfidence = 0.02;
/** Candidates below this confidence are not compared one by one. */
const leastConfidence = 0.05;

/** The candidate at an anchor of a head `[4 + classes, anchors]`. */
function anchorOf(head: Float32Array, classes: number, anchors: number, index: number): Candidate {
  const at = (row: number): number => head[row * anchors + index] ?? Number.NaN;
  let classId = 0;
  for (let other = 1; other < classes; other += 1) if (at(4 + other) > at(4 + classId)) classId = other;
  const [x, y, w, h] = [at(0), at(1), at(2), at(3)];
  return {
    x1: x - w / 2,
    y1: y - h / 2,
    x2: x + w / 2,
    y2: y + h / 2,
    confidence: at(4 + classId),
    classId,
    index,
  };
}

function rowsOf(head: Float32Array): Candidate[] {
  return Array.from({ length: Math.floor(head.length / 6) }, (_, index) => {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0, confidence = 0, classId = 0] = head.subarray(index * 6);
    return { x1, y1, x2, y2, confidence, classId, index };
  });
}

/** What is wrong with a box beside the one that was expected; empty where nothing is. */
function problemOf(found: Candidate | undefined, expected: Candidate): string {
  const overlap = found === undefined ? 0 : iou(found, expected);
  const difference = Math.abs((found?.confidence ?? 0) - expected.confidence);
  if (overlap >= leastOverlap && difference <= mostConfidence) return '';
  return `box of confidence ${expected.confidence.toFixed(3)}: overlap ${overlap.toFixed(3)}, confidence off by ${difference.toFixed(3)}`;
}

function compareEndToEnd(found: Float32Array, expected: Float32Array): Agreement {
  const rows = rowsOf(found);
  const wanted = rowsOf(expected).filter(({ confidence }) => confidence >= leastConfidence);
  const problems = wanted.slice(0, candidates).map((box) => {
    const same = rows.filter(({ classId }) => classId === box.classId);
    return problemOf(same.toSorted((a, b) => iou(b, box) - iou(a, box))[0], box);
  });
  const problem = problems.find((one) => one !== '') ?? '';
  const finite = found.every(Number.isFinite);
  return {
    ok: finite && problem === '',
    cosine: finite
      ? cosineOf(found.subarray(0, 6 * wanted.length), expected.subarray(0, 6 * wanted.length))
      : Number.NaN,
    problem: finite ? problem : 'not finite',
  };
}

/**
 * Compares the heads of one picture. Of `[4 + classes, anchors]` the boxes and the probabilities have a cosine of their own
 * (boxes are hundreds of times larger and would hide the rest), and the most confident candidates are compared one by one.
 */
export const compareHeads: CompareOutput = ({ found, expected, dims }) => {
  if (headOf([1, ...dims]) === 'end-to-end') return compareEndToEnd(found, expected);
  const [rows = 0, anchors = 0] = dims;
  const split = 4 * anchors;
  const cosine = Math.min(
    cosineOf(found.subarray(0, split), expected.subarray(0, split)),
    cosineOf(found.subarray(split), expected.subarray(split)),
  );
  const best = Array.from({ length: anchors }, (_, index) => anchorOf(expected, rows - 4, anchors, index))
    .filter(({ confidence }) => confidence >= leastConfidence)
    .toSorted((a, b) => b.confidence - a.confidence)
    .slice(0, candidates);
  const problem =
    best
      .map((box) => problemOf(anchorOf(found, rows - 4, anchors, box.index), box))
      .find((one) => one !== '') ?? '';
  const close = cosine >= leastCosine;
  return { ok: close && problem === '', cosine, problem: close ? problem : `cosine ${cosine.toFixed(5)}` };
};
