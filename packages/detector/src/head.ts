import type { Size } from '@trinetra/contracts';

export type Dims = readonly (number | string)[];

/**
 * How an output is read:
 *
 * | head         | shape                       | a row, or a column of yolov8                                   | suppression |
 * | ------------ | --------------------------- | -------------------------------------------------------------- | ----------- |
 * | `yolov8`     | `[n, 4 + classes, anchors]` | cx, cy, w, h in the input's pixels, a probability a class      | ours        |
 * | `end-to-end` | `[n, detections, 6]`        | x1, y1, x2, y2 in the input's pixels, confidence, class        | in graph    |
 * | `queries`    | `[n, queries, 4 + classes]` | cx, cy, w, h in 0..1 of the input, a probability a class       | not needed  |
 * | `top-queries`| `[n, detections, 6]`        | cx, cy, w, h in 0..1 of the input, confidence, class           | not needed  |
 *
 * The last two are RT-DETR's: of Ultralytics up to 8.4.0, and from 8.4.100.
 */
export type Head = 'yolov8' | 'end-to-end' | 'queries' | 'top-queries';

/** What the exporter says of the head, from the metadata of Ultralytics. */
export interface HeadFacts {
  /** `family` is null where the metadata does not tell. */
  readonly family: 'yolov8' | 'end-to-end' | 'rtdetr' | null;
  /** 0 where there are no names. */
  readonly classes: number;
  /** Of the model's input, where it is known. */
  readonly size: Size | null;
}

/** A head, what the output is instead, or null: only a run can tell. */
export type HeadReading = { readonly head: Head | null } | { readonly problem: string };

/** More rows are no queries of a transformer (RT-DETR has 300, others up to 900). */
const maxQueries = 1000;

/** A symbolic axis is a name, or -1 where it has none. */
export function fixed(dim: number | string | undefined): number | null {
  return typeof dim === 'number' && dim > 0 ? dim : null;
}

const isTrue = (text: string | undefined): boolean => /^true$/i.test(text ?? '');

/** Whether the suppression was exported into the graph (`nms=True`); Ultralytics writes a Python dict, in engines JSON. */
export function hasOwnSuppression(metadata: Readonly<Record<string, string>>): boolean {
  return /["']nms["']\s*:\s*true/i.test(metadata['args'] ?? '');
}

/** Reads `head`, `description`, `end2end` and `args` of Ultralytics' metadata; versions before 8.3 write only some. */
export function familyOf(metadata: Readonly<Record<string, string>>): HeadFacts['family'] {
  const { head, description = '', end2end } = metadata;
  if (head === 'RTDETRDecoder' || /rt-?detr/i.test(description)) return 'rtdetr';
  if (isTrue(end2end) || hasOwnSuppression(metadata)) return 'end-to-end';
  return end2end === undefined ? null : 'yolov8';
}

/** Cells of a picture over strides 8, 16, 32, with 64 (P6) and with 4 (P2): the anchors of YOLOv8; YOLOv5 has three a cell. */
export function cellCounts({ width, height }: Size): number[] {
  const cells = (...strides: number[]): number =>
    strides.reduce((sum, stride) => sum + Math.ceil(width / stride) * Math.ceil(height / stride), 0);
  return [cells(8, 16, 32), cells(8, 16, 32, 64), cells(4, 8, 16, 32)];
}

const yolov5 =
  'this is a head of YOLOv5 or YOLOv7, with an objectness and three anchors a cell: ' +
  'export a YOLOv8, YOLO11 or YOLO26 model, or a YOLOv5u one, with Ultralytics';
const yolox =
  'this is a head of YOLOX, with an objectness before its classes: export a YOLOv8, YOLO11 or YOLO26 model with Ultralytics';
const transposed =
  'this is a transposed YOLOv8 head [n, anchors, 4 + classes]: export it without the transposition, as [n, 4 + classes, anchors]';

/** What `[n, rows, columns]` is that has a row an anchor or a detection; null: nothing that is known. */
function foreignRows(rows: number | null, columns: number, { classes, size }: HeadFacts): string | null {
  const counts = rows === null || size === null ? [] : cellCounts(size);
  if (counts.some((count) => rows === 3 * count)) return yolov5;
  const ofCells = rows !== null && counts.includes(rows);
  const mayBeYolox = classes > 0 ? columns === 5 + classes : columns === 85;
  if (ofCells) return mayBeYolox ? yolox : transposed;
  // Six columns are also an end-to-end head of one class.
  if (columns !== 6 && mayBeYolox) return yolov5;
  return null;
}

function readYolov8(rows: number, anchors: number | null, classes: number): HeadReading {
  if (rows < 5) return { problem: 'expected an output [n, 4 + classes, anchors] with a class or more' };
  if (anchors !== null && rows > anchors) {
    return { problem: 'expected an output [n, 4 + classes, anchors], not transposed' };
  }
  if (classes > 0 && rows !== 4 + classes) {
    return {
      problem: `expected an output [n, ${4 + classes}, anchors] for the ${classes} classes in its metadata`,
    };
  }
  return { head: 'yolov8' };
}

function readRtdetr(columns: number | null, classes: number): HeadReading {
  if (columns === null) return { head: null };
  const perClass = classes > 0 ? columns === 4 + classes : columns > 4;
  if (columns === 6) return { head: perClass ? null : 'top-queries' };
  if (perClass) return { head: 'queries' };
  return { problem: `expected an output of RT-DETR [n, queries, 6] or [n, queries, ${4 + classes}]` };
}

/**
 * Tells how an output is read, from its shape and the metadata. The first line that fits counts:
 *
 * | metadata                                 | shape                                                     | head                             |
 * | ---------------------------------------- | --------------------------------------------------------- | -------------------------------- |
 * | RT-DETR                                  | six columns                                               | `top-queries`; of 2 classes null |
 * | RT-DETR                                  | 4 + classes columns                                       | `queries`                        |
 * | `end2end`, or `nms` in `args`            | six columns                                               | `end-to-end`                     |
 * | any                                      | rows: three times the cells of the input                  | refused, YOLOv5                  |
 * | any                                      | rows: the cells of the input                              | refused, YOLOX or transposed     |
 * | names                                    | 5 + classes columns, but not six                          | refused, YOLOv5 or YOLOX         |
 * | none of the head                         | six columns                                               | null                             |
 * | none of the head                         | more rows than columns, at most 1000; 4 + classes columns | `queries`                        |
 * | any                                      | 4 + classes rows                                          | `yolov8`                         |
 * | none of the head                         | open                                                      | null                             |
 *
 * Null: the shape of a run tells, and where that has six columns the values do, see {@link headOfSix}.
 *
 * @param dims As declared, with symbolic axes, or those of a run.
 */
export function readHead(dims: Dims, facts: HeadFacts): HeadReading {
  if (dims.length !== 3)
    return { problem: 'expected an output [n, 4 + classes, anchors] or [n, detections, 6]' };
  const [rows, columns] = [fixed(dims[1]), fixed(dims[2])];
  const { family, classes } = facts;
  if (family === 'rtdetr') return readRtdetr(columns, classes);
  if (family === 'end-to-end') {
    if (columns === null || columns === 6) return { head: 'end-to-end' };
    return { problem: 'expected an end-to-end output [n, detections, 6], as its metadata says' };
  }
  const fits = classes > 0 && rows === 4 + classes;
  const foreign = columns === null || fits ? null : foreignRows(rows, columns, facts);
  if (foreign !== null) return { problem: foreign };
  if (family === null && !fits) {
    if (columns === null || columns === 6) return { head: null };
    const perClass = classes === 0 ? columns > 4 : columns === 4 + classes;
    if (rows !== null && rows > columns && rows <= maxQueries && perClass) return { head: 'queries' };
  }
  return rows === null ? { head: 'yolov8' } : readYolov8(rows, columns, classes);
}

/** Whether a row of an output holds numbers and is no row of zeros, with which graphs fill up. */
function isUsed(row: Float32Array): boolean {
  return row.every(Number.isFinite) && row.some((value) => value !== 0);
}

const isShare = (value: number): boolean => value >= -0.001 && value <= 1.001;

/** Rows of `columns` values that are used. */
function usedRows(values: Float32Array, columns: number): Float32Array[] {
  return Array.from({ length: Math.floor(values.length / columns) }, (_, at) =>
    values.subarray(at * columns, (at + 1) * columns),
  ).filter(isUsed);
}

/**
 * Tells by its values which head with six columns an output of one frame is: boxes within 0..1 are RT-DETR's, and a last column of
 * whole numbers holds classes. Null where nothing was found; a problem where it is none of them.
 */
export function headOfSix(values: Float32Array): HeadReading {
  const rows = usedRows(values, 6);
  if (rows.length === 0) return { head: null };
  const shares = rows.every((row) => row.subarray(0, 4).every(isShare));
  const odd = rows.find(([, , , , , classId = -1]) => !Number.isInteger(classId) || classId < 0);
  if (odd === undefined) return { head: shares ? 'top-queries' : 'end-to-end' };
  return shares
    ? { head: 'queries' }
    : { problem: `the last of its six columns is no class (a row has ${odd[5]?.toPrecision(4)})` };
}

/** Whether boxes of a YOLOv8 head are all within 0..1, or many of its scores are not; null: it is sound, or holds nothing yet. */
function problemOfYolov8(values: Float32Array, anchors: number): string | null {
  const boxes = values.subarray(0, 4 * anchors);
  if (boxes.some((value) => value !== 0) && boxes.every(isShare)) {
    return 'its boxes lie in 0..1, not in pixels of its input';
  }
  let outside = 0;
  const scores = values.subarray(4 * anchors);
  for (const score of scores) if (score > 1.001 || score < -0.001) outside += 1;
  return outside > scores.length / 100
    ? 'its scores are no probabilities in 0..1: they are logits, or coordinates of keypoints'
    : null;
}

/**
 * What in the values of one frame contradicts the head for certain; null where nothing does. Numbers that are not finite prove nothing.
 *
 * @param columns The last dim of the output.
 */
export function problemOfValues(head: Head, values: Float32Array, columns: number): string | null {
  if (head === 'yolov8') return problemOfYolov8(values, columns);
  if (head === 'queries') {
    const sound = usedRows(values, columns).every((row) => row.every(isShare));
    return sound ? null : 'its boxes and scores are not all in 0..1, as those of RT-DETR are';
  }
  const reading = headOfSix(values);
  if ('problem' in reading) return reading.problem;
  if (reading.head === null || reading.head === head) return null;
  if (reading.head === 'queries') return 'the last of its six columns is no class: it has no whole numbers';
  return head === 'end-to-end'
    ? 'its boxes lie in 0..1, not in pixels of its input'
    : 'its boxes lie in pixels, not in 0..1 as those of RT-DETR do';
}
