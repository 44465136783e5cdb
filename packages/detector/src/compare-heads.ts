import { type Agreement, type CompareOutput, cosineOf, leastCosine } from '@trinetra/inference-runtime';
import { headOfSix } from './head.ts';
import { boxAround, type Candidate, iou } from './nms.ts';

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
  return { ...boxAround(at(0), at(1), at(2), at(3)), confidence: at(4 + classId), classId, index };
}

type BoxesOf = (head: Float32Array) => Candidate[];

/** The boxes of `[detections, 6]`: corners, or centres and sizes. */
function sixColumns(hasCentres: boolean): BoxesOf {
  return (head) =>
    Array.from({ length: Math.floor(head.length / 6) }, (_, index) => {
      const [a = 0, b = 0, c = 0, d = 0, confidence = 0, classId = 0] = head.subarray(index * 6);
      const box = hasCentres ? boxAround(a, b, c, d) : { x1: a, y1: b, x2: c, y2: d };
      return { ...box, confidence, classId, index };
    });
}

/** The boxes of `[queries, 4 + classes]`, each of its best class. */
function queries(columns: number): BoxesOf {
  return (head) =>
    Array.from({ length: Math.floor(head.length / columns) }, (_, index) => ({
      ...anchorOf(head.subarray(index * columns, (index + 1) * columns), columns - 4, 1, 0),
      index,
    }));
}

/** How boxes are read from heads that have a row each; null for a YOLOv8 head, which has a column each. */
function boxesOf([rows = 0, columns = 0]: readonly number[], expected: Float32Array): BoxesOf | null {
  if (columns === 6) {
    const reading = headOfSix(expected);
    const head = 'head' in reading ? reading.head : null;
    return head === 'queries' ? queries(columns) : sixColumns(head === 'top-queries');
  }
  return rows > columns ? queries(columns) : null;
}

/** What is wrong with a box beside the one that was expected; empty where nothing is. */
function problemOf(found: Candidate | undefined, expected: Candidate): string {
  const overlap = found === undefined ? 0 : iou(found, expected);
  const difference = Math.abs((found?.confidence ?? 0) - expected.confidence);
  if (overlap >= leastOverlap && difference <= mostConfidence) return '';
  return `box of confidence ${expected.confidence.toFixed(3)}: overlap ${overlap.toFixed(3)}, confidence off by ${difference.toFixed(3)}`;
}

/** The most confident ones. */
function mostConfident(boxes: readonly Candidate[]): Candidate[] {
  return boxes
    .filter(({ confidence }) => confidence >= leastConfidence)
    .toSorted((a, b) => b.confidence - a.confidence)
    .slice(0, candidates);
}

/** A box that was expected, and the one that was found for it. */
interface Pair {
  readonly box: Candidate;
  readonly match: Candidate | undefined;
}

const problemOfPairs = (pairs: readonly Pair[]): string =>
  pairs.map(({ box, match }) => problemOf(match, box)).find((one) => one !== '') ?? '';

const columns = ['x1', 'y1', 'x2', 'y2', 'confidence', 'classId'] as const;

/** The numbers of some boxes, one after the other; zeros where there is none. */
const numbersOf = (boxes: readonly (Candidate | undefined)[]): Float32Array =>
  Float32Array.from(boxes.flatMap((box) => columns.map((column) => box?.[column] ?? 0)));

/** Rows may come in another order, so each of the confident ones is looked for. */
function compareRows(read: BoxesOf, found: Float32Array, expected: Float32Array): Agreement {
  const rows = read(found);
  const pairs = mostConfident(read(expected)).map((box): Pair => {
    const same = rows.filter(({ classId }) => classId === box.classId);
    return { box, match: same.toSorted((a, b) => iou(b, box) - iou(a, box))[0] };
  });
  const problem = problemOfPairs(pairs);
  if (!found.every(Number.isFinite)) return { ok: false, cosine: Number.NaN, problem: 'not finite' };
  const cosine = cosineOf(numbersOf(pairs.map(({ match }) => match)), numbersOf(pairs.map(({ box }) => box)));
  return { ok: problem === '', cosine, problem };
}

/**
 * Compares the heads of one picture. Of `[4 + classes, anchors]` the boxes and the probabilities have a cosine of their own
 * (boxes are hundreds of times larger and would hide the rest), and the most confident candidates are compared one by one.
 */
export const compareHeads: CompareOutput = ({ found, expected, dims }) => {
  const read = boxesOf(dims, expected);
  if (read !== null) return compareRows(read, found, expected);
  const [rows = 0, anchors = 0] = dims;
  const split = 4 * anchors;
  const cosine = Math.min(
    cosineOf(found.subarray(0, split), expected.subarray(0, split)),
    cosineOf(found.subarray(split), expected.subarray(split)),
  );
  const boxAt = (head: Float32Array, index: number): Candidate => anchorOf(head, rows - 4, anchors, index);
  const best = mostConfident(Array.from({ length: anchors }, (_, index) => boxAt(expected, index)));
  const problem = problemOfPairs(best.map((box) => ({ box, match: boxAt(found, box.index) })));
  const close = cosine >= leastCosine;
  return { ok: close && problem === '', cosine, problem: close ? problem : `cosine ${cosine.toFixed(5)}` };
};
