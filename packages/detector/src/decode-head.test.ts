import { describe, expect, it } from 'vitest';
import { type Anchor, endToEndHead, yolov8Head } from '../test/fake-model.ts';
import { decodeEndToEnd, decodeHead, decodeQueries, decodeTopQueries } from './decode-head.ts';
import type { Candidate } from './nms.ts';

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

function decode(anchors: readonly Anchor[], classes = 1, classIds = [0], threshold = 0.35): Candidate[] {
  const { data } = yolov8Head([anchors], classes);
  return decodeHead(data as Float32Array, classes, 21, classIds, threshold);
}

describe('a YOLOv8 head', () => {
  it('has no candidates where it is zeros', () => expect(decode([])).toEqual([]));

  it('gives corners for centre and size', () => {
    expect(decode([[], [50, 40, 20, 10, 0.5]])).toEqual([
      { x1: 40, y1: 35, x2: 60, y2: 45, confidence: 0.5, classId: 0, index: 1 },
    ]);
  });

  it.each<[what: string, anchor: Anchor]>([
    ['a score of NaN', [50, 40, 20, 10, nan]],
    ['a score of infinity', [50, 40, 20, 10, infinity]],
    ['a score that is no probability', [50, 40, 20, 10, 1.5]],
    ['a score under the threshold', [50, 40, 20, 10, 0.3499]],
    ['a centre of NaN', [nan, 40, 20, 10, 0.9]],
    ['an infinite centre', [50, -infinity, 20, 10, 0.9]],
    ['an infinite width', [50, 40, infinity, 10, 0.9]],
    ['a height of NaN', [50, 40, 20, nan, 0.9]],
    ['no width', [50, 40, 0, 10, 0.9]],
    ['a negative height', [50, 40, 20, -10, 0.9]],
  ])('has no candidate with %s, and keeps the one beside it', (_, anchor) => {
    const good = [50, 40, 20, 10, 0.9];
    expect(decode([anchor, good]).map(({ index }) => index)).toEqual([1]);
  });

  it.each([0.35, 0.1, 0.7, 1])('has a candidate whose score is exactly the threshold %d', (threshold) => {
    expect(decode([[50, 40, 20, 10, threshold]], 1, [0], threshold)).toHaveLength(1);
  });

  it.each<[what: string, scores: readonly number[], wanted: number[], found: number[]]>([
    ['is of its best class only', [0.5, 0.6, 0.4], [0, 1, 2], [1]],
    ['is of the lowest class where classes tie', [0.2, 0.6, 0.6], [2, 1, 0], [1]],
    ['is nothing where its best class is not wanted', [0.5, 0.6, 0.4], [0, 2], []],
    ['is of its best class where another is NaN', [0.5, nan, 0.4], [0, 1, 2], [0]],
    ['is nothing where the best class is infinite', [0.5, infinity, 0.4], [0, 1, 2], []],
  ])('a candidate %s', (_, scores, wanted, found) => {
    const candidates = decode([[50, 40, 20, 10, ...scores]], 3, wanted);
    expect(candidates.map(({ classId }) => classId)).toEqual(found);
  });
});

describe('an end-to-end head', () => {
  const decodeRows = (...rows: number[][]): Candidate[] =>
    decodeEndToEnd(endToEndHead([rows]).data as Float32Array, [0, 2], 0.35);

  it('has no detections where it is zeros', () => expect(decodeRows()).toEqual([]));

  it('gives its rows as they are, most confident first, ties by their place', () => {
    const [a, b, c] = [
      [1, 2, 3, 4, 0.5, 0],
      [5, 6, 7, 8, 0.75, 2],
      [5, 6, 7, 9, 0.5, 0],
    ];
    expect(decodeRows(a ?? [], b ?? [], c ?? [])).toEqual([
      { x1: 5, y1: 6, x2: 7, y2: 8, confidence: 0.75, classId: 2, index: 1 },
      { x1: 1, y1: 2, x2: 3, y2: 4, confidence: 0.5, classId: 0, index: 0 },
      { x1: 5, y1: 6, x2: 7, y2: 9, confidence: 0.5, classId: 0, index: 2 },
    ]);
  });

  it.each<[what: string, row: number[]]>([
    ['another class', [1, 2, 3, 4, 0.9, 1]],
    ['a class of NaN', [1, 2, 3, 4, 0.9, nan]],
    ['a score of NaN', [1, 2, 3, 4, nan, 0]],
    ['an infinite score', [1, 2, 3, 4, infinity, 0]],
    ['a score under the threshold', [1, 2, 3, 4, 0.3499, 0]],
    ['an infinite corner', [1, 2, infinity, 4, 0.9, 0]],
    ['a corner of NaN', [nan, 2, 3, 4, 0.9, 0]],
    ['corners the wrong way round', [3, 2, 1, 4, 0.9, 0]],
  ])('leaves out %s, and keeps the row beside it', (_, row) => {
    expect(decodeRows(row, [1, 2, 3, 4, 0.35, 0]).map(({ index }) => index)).toEqual([1]);
  });
});

describe('a head of RT-DETR', () => {
  const size = { width: 640, height: 384 };
  const of = (classIds: number[], ...rows: number[][]): Candidate[] =>
    decodeQueries(Float32Array.from(rows.flat()), 3, classIds, 0.35, size);

  it('gives corners in the pixels of its input, most confident first, ties by their place', () => {
    expect(
      of(
        [0, 2],
        [0.5, 0.5, 0.25, 0.5, 0.5, 0.125, 0],
        [0.25, 0.25, 0.5, 0.5, 0, 0, 0.75],
        [0.5, 0.5, 1, 1, 0.5, 0, 0],
      ),
    ).toEqual([
      { x1: 0, y1: 0, x2: 320, y2: 192, confidence: 0.75, classId: 2, index: 1 },
      { x1: 240, y1: 96, x2: 400, y2: 288, confidence: 0.5, classId: 0, index: 0 },
      { x1: 0, y1: 0, x2: 640, y2: 384, confidence: 0.5, classId: 0, index: 2 },
    ]);
  });

  it.each<[what: string, scores: number[], wanted: number[], found: number[]]>([
    ['is of its best class only', [0.5, 0.6, 0.4], [0, 1, 2], [1]],
    ['is of the lowest class where classes tie', [0.2, 0.6, 0.6], [0, 1, 2], [1]],
    ['is nothing where its best class is not wanted', [0.5, 0.6, 0.4], [0, 2], []],
    ['is nothing under the threshold', [0.3499, 0.1, 0.1], [0, 1, 2], []],
    ['is nothing where a score is NaN', [nan, nan, nan], [0, 1, 2], []],
    ['is nothing where its best score is infinite', [0.5, infinity, 0.4], [0, 1, 2], []],
  ])('a query %s', (_, scores, wanted, found) => {
    expect(of(wanted, [0.5, 0.5, 0.1, 0.1, ...scores]).map(({ classId }) => classId)).toEqual(found);
  });

  it('is not suppressed: queries at the same place are two detections', () => {
    expect(of([0], [0.5, 0.5, 0.1, 0.1, 0.9, 0, 0], [0.5, 0.5, 0.1, 0.1, 0.8, 0, 0])).toHaveLength(2);
  });

  it('is scaled by width and height where it has the best class already, and stays as it was', () => {
    const head = Float32Array.from([0.5, 0.5, 0.25, 0.5, 0.5, 2, 0.5, 0.5, 0.25, 0.5, 0.5, 1]);
    const before = head.slice();
    expect(decodeTopQueries(head, [2], 0.35, size)).toEqual([
      { x1: 240, y1: 96, x2: 400, y2: 288, confidence: 0.5, classId: 2, index: 0 },
    ]);
    expect(head).toEqual(before);
  });
});
