// The plain arithmetic that person-crop.ts has to equal to the bit. For tests only.
import { type RgbImage, roundHalfEven, type Xyxy } from '@trinetra/contracts';
import { type CropFormat, valuesPerCrop } from '../src/crop-format.ts';
import type { CropGeometry } from '../src/person-crop.ts';

/** Weights are fixed-point with 11 bits, INTER_RESIZE_COEF_BITS of OpenCV. */
const one = 2048;

/** Taps of a bilinear resize along one axis: OpenCV's half-pixel centres, clamped at the borders. */
interface Taps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** Of the second, 0..2048. */
  readonly weight: Int32Array;
}

/** @param unit Distance of neighbours in the array that is read. */
function tapsOf(from: number, to: number, unit: number): Taps {
  const taps: Taps = { first: new Int32Array(to), second: new Int32Array(to), weight: new Int32Array(to) };
  for (let i = 0; i < to; i += 1) {
    const position = Math.min(from - 1, Math.max(0, ((i + 0.5) * from) / to - 0.5));
    const first = Math.floor(position);
    taps.first[i] = first * unit;
    taps.second[i] = Math.min(from - 1, first + 1) * unit;
    taps.weight[i] = Math.round((position - first) * one);
  }
  return taps;
}

/** Resizes one row of pixels, which begins at byte `start`, across; levels times 2048. */
function resizeRow(data: Uint8Array, start: number, across: Taps, row: Int32Array): void {
  const { first, second, weight } = across;
  for (let x = 0, o = 0; x < first.length; x += 1, o += 3) {
    const a = start + (first[x] as number);
    const b = start + (second[x] as number);
    const w1 = weight[x] as number;
    const w0 = one - w1;
    row[o] = Math.imul(data[a] as number, w0) + Math.imul(data[b] as number, w1);
    row[o + 1] = Math.imul(data[a + 1] as number, w0) + Math.imul(data[b + 1] as number, w1);
    row[o + 2] = Math.imul(data[a + 2] as number, w0) + Math.imul(data[b + 2] as number, w1);
  }
}

/** What the model wants for each level 0..255. */
const levelTables = new WeakMap<CropFormat, Float32Array>();

function levelsOf(format: CropFormat): Float32Array {
  const known = levelTables.get(format);
  if (known !== undefined) return known;
  const levels = Float32Array.from({ length: 256 }, (_, level) => (level - format.mean) / format.divisor);
  levelTables.set(format, levels);
  return levels;
}

/** Blends two rows of {@link resizeRow} and writes the three channels to their planes, from `at` on. */
function writeRow(
  upper: Int32Array,
  lower: Int32Array,
  w1: number,
  levels: Float32Array,
  tensor: Float32Array,
  at: number,
  [plane0, plane1, plane2]: readonly [number, number, number],
): void {
  const w0 = one - w1;
  const half = (one * one) / 2;
  for (let i = 0, to = at; i < upper.length; i += 3, to += 1) {
    const sum0 = Math.imul(upper[i] as number, w0) + Math.imul(lower[i] as number, w1);
    const sum1 = Math.imul(upper[i + 1] as number, w0) + Math.imul(lower[i + 1] as number, w1);
    const sum2 = Math.imul(upper[i + 2] as number, w0) + Math.imul(lower[i + 2] as number, w1);
    tensor[to + plane0] = levels[(sum0 + half) >> 22] as number;
    tensor[to + plane1] = levels[(sum1 + half) >> 22] as number;
    tensor[to + plane2] = levels[(sum2 + half) >> 22] as number;
  }
}

/**
 * Fits a person's box (outward to whole pixels) into the top left of the model's input, the longer side filled, the
 * rest level 0, and writes it into `tensor` as crop number `index`. Null for a box without a pixel in the image.
 *
 * @param stretch How much wider than high the camera saw a pixel of the image; 1 where the image was not squashed.
 */
export function writePersonCrop(
  image: RgbImage,
  box: Xyxy,
  format: CropFormat,
  tensor: Float32Array,
  index: number,
  stretch = 1,
): CropGeometry | null {
  const { data, width, height } = image;
  const [x1, y1] = [Math.max(0, Math.floor(box[0])), Math.max(0, Math.floor(box[1]))];
  const [x2, y2] = [Math.min(width, Math.ceil(box[2])), Math.min(height, Math.ceil(box[3]))];
  const [cropWidth, cropHeight] = [x2 - x1, y2 - y1];
  if (!(cropWidth >= 1 && cropHeight >= 1)) return null;
  const scale = Math.min(format.width / (cropWidth * stretch), format.height / cropHeight);
  const newWidth = Math.min(format.width, Math.max(1, roundHalfEven(cropWidth * stretch * scale)));
  const newHeight = Math.min(format.height, Math.max(1, roundHalfEven(cropHeight * scale)));
  const across = tapsOf(cropWidth, newWidth, 3);
  const down = tapsOf(cropHeight, newHeight, 1);
  const values = valuesPerCrop(format);
  const plane = values / 3;
  const base = index * values;
  const levels = levelsOf(format);
  tensor.fill(levels[0] as number, base, base + values);
  const [firstPlane, thirdPlane] = format.channels === 'bgr' ? [2 * plane, 0] : [0, 2 * plane];
  let upper = new Int32Array(newWidth * 3);
  let lower = new Int32Array(newWidth * 3);
  let [upperRow, lowerRow] = [-1, -1];
  const load = (row: number, target: Int32Array): void =>
    resizeRow(data, ((y1 + row) * width + x1) * 3, across, target);

  for (let y = 0; y < newHeight; y += 1) {
    const first = down.first[y] as number;
    const second = down.second[y] as number;
    if (first === lowerRow) {
      [upper, lower] = [lower, upper];
      [upperRow, lowerRow] = [lowerRow, upperRow];
    }
    if (first !== upperRow) load(first, upper);
    if (second !== lowerRow) load(second, lower);
    [upperRow, lowerRow] = [first, second];
    const w1 = down.weight[y] as number;
    writeRow(upper, lower, w1, levels, tensor, base + y * format.width, [firstPlane, plane, thirdPlane]);
  }
  return { x: x1, y: y1, scaleX: newWidth / cropWidth, scaleY: newHeight / cropHeight };
}
