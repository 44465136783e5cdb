import { describe, expect, it } from 'vitest';
import {
  type Dims,
  familyOf,
  type HeadFacts,
  type HeadReading,
  hasOwnSuppression,
  headOfSix,
  problemOfValues,
  readHead,
} from './head.ts';

const square = { width: 640, height: 640 };
const facts = (
  family: HeadFacts['family'],
  classes: number,
  size: HeadFacts['size'] = square,
): HeadFacts => ({
  family,
  classes,
  size,
});

describe('familyOf', () => {
  it.each<[what: string, metadata: Record<string, string>, family: HeadFacts['family']]>([
    ['no metadata', {}, null],
    [
      'YOLOv8 of 8.4',
      { description: 'Ultralytics YOLOv8n model ', head: 'Detect', end2end: 'False' },
      'yolov8',
    ],
    ['YOLOv8 of 8.3, which says nothing of the head', { description: 'Ultralytics YOLOv8n model' }, null],
    ['YOLO26', { description: 'Ultralytics YOLO26n model', end2end: 'True' }, 'end-to-end'],
    ['YOLO26 as an engine', { end2end: 'true' }, 'end-to-end'],
    ['nms=True', { args: "{'batch': 1, 'nms': True}", end2end: 'False' }, 'end-to-end'],
    ['nms=True as an engine', { args: '{"batch":1,"nms":true}' }, 'end-to-end'],
    ['nms=False', { args: "{'nms': False}" }, null],
    ['RT-DETR of 8.3', { description: 'Ultralytics rtdetr-l model trained on coco.yaml' }, 'rtdetr'],
    ['RT-DETR, dashed', { description: 'Ultralytics RT-DETR-l model' }, 'rtdetr'],
    [
      'RT-DETR of 8.4',
      { description: 'Ultralytics mine model', head: 'RTDETRDecoder', end2end: 'False' },
      'rtdetr',
    ],
  ])('%s', (_, metadata, family) => expect(familyOf(metadata)).toBe(family));

  it('tells a suppression in the graph', () => {
    expect([{ args: "{'nms': True}" }, { args: "{'nms': None}" }, {}].map(hasOwnSuppression)).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('readHead', () => {
  it.each<[what: string, dims: Dims, facts: HeadFacts, head: string | null]>([
    ['YOLOv8', [1, 84, 8400], facts(null, 80), 'yolov8'],
    ['YOLOv8 without names', [1, 84, 8400], facts(null, 0), 'yolov8'],
    ['YOLOv8 with open anchors', ['batch', 84, 'anchors'], facts('yolov8', 80, null), 'yolov8'],
    ['YOLOv8 of two classes', [1, 6, 8400], facts(null, 2), 'yolov8'],
    ['YOLOv8-p2', [1, 84, 34000], facts(null, 80), 'yolov8'],
    ['YOLO26 or nms=True', [1, 300, 6], facts('end-to-end', 80), 'end-to-end'],
    [
      'YOLO26 with open axes, whose last is named anchors',
      ['batch', 300, 'anchors'],
      facts('end-to-end', 80),
      'end-to-end',
    ],
    ['YOLOv10 of 8.2, of which only values tell', [1, 300, 6], facts(null, 80), null],
    ['the same with open axes', ['batch', 300, 'anchors'], facts(null, 80), null],
    ['nothing but open axes', ['n', 'a', 'b'], facts(null, 0), null],
    ['RT-DETR of 8.3', [1, 300, 84], facts('rtdetr', 80), 'queries'],
    ['RT-DETR of 8.3 with open axes', ['batch', 300, 'anchors'], facts('rtdetr', 80), null],
    ['RT-DETR of 8.4', [1, 300, 6], facts('rtdetr', 80), 'top-queries'],
    ['RT-DETR of one class, of 8.3', [1, 300, 5], facts('rtdetr', 1), 'queries'],
    ['RT-DETR of one class, of 8.4', [1, 300, 6], facts('rtdetr', 1), 'top-queries'],
    ['RT-DETR of two classes, of which only values tell', [1, 300, 6], facts('rtdetr', 2), null],
    ['RT-DETR without metadata', [1, 300, 84], facts(null, 0), 'queries'],
    ['900 queries', [1, 900, 84], facts(null, 80), 'queries'],
  ])('reads %s', (_, dims, of, head) => expect(readHead(dims, of)).toEqual({ head }));

  it.each<[what: string, dims: Dims, facts: HeadFacts, problem: RegExp]>([
    ['YOLOv5 of one class', [1, 25200, 6], facts(null, 1), /YOLOv5 or YOLOv7/],
    ['YOLOv5 of one class without names', [1, 25200, 6], facts(null, 0), /YOLOv5 or YOLOv7/],
    ['YOLOv5', [1, 25200, 85], facts(null, 80), /YOLOv5 or YOLOv7/],
    ['YOLOv5 with open axes', ['batch', 'anchors', 85], facts(null, 80, null), /YOLOv5 or YOLOv7/],
    ['YOLOv5-p6', [1, 25500, 85], facts(null, 80), /YOLOv5 or YOLOv7/],
    ['a rectangular YOLOv5', [1, 15120, 6], facts(null, 1, { width: 640, height: 384 }), /YOLOv5 or YOLOv7/],
    ['YOLOX', [1, 8400, 85], facts(null, 0), /YOLOX/],
    ['YOLOX of one class', [1, 8400, 6], facts(null, 1), /YOLOX/],
    ['a transposed YOLOv8', [1, 8400, 84], facts(null, 80), /transposed YOLOv8/],
    ['a transposed YOLOv8 of two classes', [1, 8400, 6], facts(null, 2), /transposed YOLOv8/],
    ['a transposed YOLOv8 of two classes without names', [1, 8400, 6], facts(null, 0), /transposed YOLOv8/],
    ['a transposed YOLOv8 that keeps its metadata', [1, 8400, 84], facts('yolov8', 80), /transposed YOLOv8/],
    [
      'rows of another number of classes',
      [1, 84, 8400],
      facts(null, 2),
      /\[n, 6, anchors\] for the 2 classes/,
    ],
    ['a head with keypoints', [1, 20, 8400], facts(null, 1), /\[n, 5, anchors\] for the 1 classes/],
    [
      'an end-to-end head with keypoints',
      [1, 300, 57],
      facts('end-to-end', 1),
      /end-to-end output \[n, detections, 6\]/,
    ],
    ['an RT-DETR of other classes', [1, 300, 30], facts('rtdetr', 80), /RT-DETR .* \[n, queries, 84\]/],
    ['a classifier', [1, 1000], facts(null, 0), /\[n, 4 \+ classes, anchors\]/],
  ])('refuses %s', (_, dims, of, problem) => {
    expect(readHead(dims, of)).toEqual({ problem: expect.stringMatching(problem) });
  });
});

const zeros = [0, 0, 0, 0, 0, 0];
const { NaN: nan } = Number;
const values = (...rows: readonly (readonly number[])[]): Float32Array => Float32Array.from(rows.flat());

describe('headOfSix', () => {
  it.each<[what: string, rows: number[][], reading: HeadReading]>([
    ['pixels and classes', [[10, 10, 20, 20, 0.9, 2], zeros], { head: 'end-to-end' }],
    [
      'shares and classes',
      [
        [0.5, 0.5, 0.1, 1, 0.9, 1],
        [0.4, 0.5, 0.1, 0.1, 0.2, 0],
      ],
      { head: 'top-queries' },
    ],
    ['shares and two probabilities', [[0.5, 0.5, 0.1, 0.1, 0.9, 0.001]], { head: 'queries' }],
    ['nothing found', [zeros, zeros], { head: null }],
    ['nothing that is finite', [[nan, 1, 2, 3, 0.9, 0]], { head: null }],
    [
      'a box of pixels among shares',
      [
        [0.5, 0.5, 0.1, 0.1, 0.9, 0],
        [10, 10, 20, 20, 0.9, 2],
      ],
      { head: 'end-to-end' },
    ],
  ])('%s', (_, rows, reading) => expect(headOfSix(values(...rows))).toEqual(reading));

  it('is none of them with pixels and a last column that is no class', () => {
    expect(headOfSix(values([320, 320, 60, 90, 0.9, 0.75]))).toEqual({
      problem: 'the last of its six columns is no class (a row has 0.7500)',
    });
    expect(headOfSix(values([320, 320, 60, 90, 0.9, -1]))).toHaveProperty('problem');
  });
});

describe('problemOfValues', () => {
  /** `[4 + classes, 2]`: two anchors. */
  const yolov8 = (boxes: number[], scores: number[]): Float32Array => values(boxes, scores);
  const px = [10, 20, 10, 20, 5, 5, 5, 5];

  it.each<
    [
      what: string,
      head: Parameters<typeof problemOfValues>[0],
      data: Float32Array,
      columns: number,
      problem: RegExp | null,
    ]
  >([
    ['a YOLOv8 head', 'yolov8', yolov8(px, [0.5, 0.1]), 2, null],
    ['one that is zeros', 'yolov8', yolov8(Array<number>(8).fill(0), [0, 0]), 2, null],
    [
      'one with boxes in 0..1',
      'yolov8',
      yolov8(Array<number>(8).fill(0.5), [0.5, 0.1]),
      2,
      /boxes lie in 0\.\.1/,
    ],
    ['one with logits', 'yolov8', yolov8(px, [-3.5, -9]), 2, /no probabilities/],
    ['one with a score of NaN', 'yolov8', yolov8(px, [nan, 0.1]), 2, null],
    ['queries', 'queries', values([0.5, 0.5, 0.1, 0.1, 0.9]), 5, null],
    ['queries in pixels', 'queries', values([320, 240, 60, 60, 0.9]), 5, /not all in 0\.\.1/],
    ['queries with logits', 'queries', values([0.5, 0.5, 0.1, 0.1, -4]), 5, /not all in 0\.\.1/],
    ['an end-to-end head', 'end-to-end', values([1, 2, 30, 40, 0.9, 0]), 6, null],
    ['one whose last column is no class', 'end-to-end', values([1, 2, 30, 40, 0.9, 0.3]), 6, /no class/],
    ['one with boxes in 0..1', 'end-to-end', values([0.1, 0.2, 0.3, 0.4, 0.9, 0]), 6, /boxes lie in 0\.\.1/],
    ['one that found nothing', 'end-to-end', values(zeros, zeros), 6, null],
    ['the best of the queries', 'top-queries', values([0.1, 0.2, 0.3, 0.4, 0.9, 0]), 6, null],
    ['the best of the queries in pixels', 'top-queries', values([10, 20, 30, 40, 0.9, 0]), 6, /in pixels/],
    [
      'the best of the queries without a class',
      'top-queries',
      values([0.1, 0.2, 0.3, 0.4, 0.9, 0.4]),
      6,
      /no class/,
    ],
  ])('%s', (_, head, data, columns, problem) => {
    const found = problemOfValues(head, data, columns);
    if (problem === null) expect(found).toBeNull();
    else expect(found).toMatch(problem);
  });
});
