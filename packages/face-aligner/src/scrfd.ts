import type { FaceLandmarks, Point, Xyxy } from '@trinetra/contracts';
import type { TensorData, TensorInfo } from '@trinetra/inference-runtime';
import type { CropFormat } from './crop-format.ts';
import { type FaceCandidate, keepBestFaces } from './face-candidate.ts';
import { floatRows, nextReaching } from './float-rows.ts';

const strides = [8, 16, 32] as const;
const anchorsPerCell = 2;

/** How SCRFD wants a crop: RGB, `(level - 127.5) / 128`. */
export const scrfdPixels: Omit<CropFormat, 'width' | 'height'> = {
  channels: 'rgb',
  mean: 127.5,
  divisor: 128,
};

/** Names of the outputs, one triple a stride 8, 16, 32. */
type ScrfdOutputs = readonly { readonly score: string; readonly bbox: string; readonly kps: string }[];

const lengthOf = ({ dims }: TensorInfo): number | string | undefined => dims.at(-1);
const rowsOf = ({ dims }: TensorInfo): number => {
  const rows = dims.at(-2);
  return typeof rows === 'number' && rows > 0 ? rows : Number.NaN;
};

/**
 * Which outputs are SCRFD's: three of `[..., n, 1]`, three of `[..., n, 4]` and three of `[..., n, 10]`. Their names are
 * node numbers in InsightFace's files, so the stride follows from `n`, larger for a smaller stride, or from the order
 * where `n` is not fixed. Where no row length is fixed either, the order is InsightFace's: scores, boxes, landmarks.
 *
 * @returns Null where the outputs are not those of SCRFD with landmarks.
 */
export function findScrfdOutputs(outputs: readonly TensorInfo[]): ScrfdOutputs | null {
  if (outputs.length < 9) return null;
  const unknown = outputs.length === 9 && outputs.every((output) => typeof lengthOf(output) !== 'number');
  const group = (length: number, from: number): readonly TensorInfo[] => {
    const found = unknown
      ? outputs.slice(from, from + 3)
      : outputs.filter((output) => lengthOf(output) === length);
    const known = found.every((output) => !Number.isNaN(rowsOf(output)));
    return known ? found.toSorted((a, b) => rowsOf(b) - rowsOf(a)) : found;
  };
  const [scores, boxes, landmarks] = [group(1, 0), group(4, 3), group(10, 6)];
  const triples = strides.flatMap((_, at) => {
    const [score, bbox, kps] = [scores[at], boxes[at], landmarks[at]];
    return score && bbox && kps ? [{ score: score.name, bbox: bbox.name, kps: kps.name }] : [];
  });
  const groups = [scores, boxes, landmarks].every(({ length }) => length === strides.length);
  return groups && triples.length === strides.length ? triples : null;
}

/**
 * The faces of crop `index` with a score of at least `threshold`, best first, at most 4, none overlapping a better one
 * by more than 0.4. Each cell of stride `s` has two anchors at `(column * s, row * s)`, one after the other; a box is
 * the distances to its left, top, right and bottom and a landmark an offset, all in strides.
 *
 * @throws {FaceAlignerError} `model_mismatch` where an output is missing or too short.
 * @see https://github.com/deepinsight/insightface/blob/master/python-package/insightface/model_zoo/scrfd.py
 */
export function decodeScrfd(
  outputs: Readonly<Record<string, TensorData>>,
  names: ScrfdOutputs,
  index: number,
  threshold: number,
  { width, height }: Pick<CropFormat, 'width' | 'height'>,
): FaceCandidate[] {
  const faces: FaceCandidate[] = [];
  for (const [level, stride] of strides.entries()) {
    const {
      score: scoreName,
      bbox: bboxName,
      kps: kpsName,
    } = names[level] ?? { score: '', bbox: '', kps: '' };
    const columns = width / stride;
    const anchors = columns * (height / stride) * anchorsPerCell;
    const scores = floatRows(outputs, scoreName, index, anchors, 1);
    const boxes = floatRows(outputs, bboxName, index, anchors, 4);
    const points = floatRows(outputs, kpsName, index, anchors, 10);
    const next = (first: number): number => nextReaching(scores, first, anchors, threshold);
    for (let anchor = next(0); anchor < anchors; anchor = next(anchor + 1)) {
      const score = scores.data[scores.from + anchor] as number;
      const cell = Math.floor(anchor / anchorsPerCell);
      const [column, row] = [cell % columns, Math.floor(cell / columns)];
      const side = (k: number): number => boxes.data[boxes.from + anchor * 4 + k] ?? Number.NaN;
      const at = (k: number): number => points.data[points.from + anchor * 10 + k] ?? Number.NaN;
      const point = (k: number): Point => [(column + at(2 * k)) * stride, (row + at(2 * k + 1)) * stride];
      const landmarks: FaceLandmarks = [point(0), point(1), point(2), point(3), point(4)];
      const bbox: Xyxy = [
        (column - side(0)) * stride,
        (row - side(1)) * stride,
        (column + side(2)) * stride,
        (row + side(3)) * stride,
      ];
      faces.push({ bbox, landmarks, score: Math.min(1, score) });
    }
  }
  return keepBestFaces(faces, 0.4);
}
