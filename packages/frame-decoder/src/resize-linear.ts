import { bufferOf, kernelScratch, type RgbImage, roundHalfEven } from '@trinetra/contracts';
import { checkSides } from './errors.ts';
import { useKernels } from './kernels.ts';
import { measuredBytes } from './luma.ts';

/** Weights are fixed-point with 11 bits, INTER_RESIZE_COEF_BITS of OpenCV. */
const coefScale = 2048;

interface Axis {
  /** First source index of each output index; may lie outside, -1..size-1, on the vertical axis. */
  readonly first: Int32Array;
  /** Weights of the first and of the next source index, 0..2048. */
  readonly weight0: Int32Array;
  readonly weight1: Int32Array;
}

/** Shared with the reference of the tests: the kernels begin after it. */
export function planAxis(size: number, newSize: number, clampWeights: boolean): Axis {
  const axis: Axis = {
    first: new Int32Array(newSize),
    weight0: new Int32Array(newSize),
    weight1: new Int32Array(newSize),
  };
  const scale = 1 / (newSize / size);
  for (let i = 0; i < newSize; i++) {
    const position = Math.fround((i + 0.5) * scale - 0.5);
    let first = Math.floor(position);
    let fraction = Math.fround(position - first);
    // OpenCV drops the weight outside the picture on the horizontal axis, and repeats the border row
    // (keeping both truncated products) on the vertical one.
    if (clampWeights && (first < 0 || first >= size - 1)) {
      first = first < 0 ? 0 : size - 1;
      fraction = 0;
    }
    axis.first[i] = first;
    axis.weight0[i] = roundHalfEven(Math.fround(1 - fraction) * coefScale);
    axis.weight1[i] = roundHalfEven(fraction * coefScale);
  }
  return axis;
}

/** Neighbours of each output index on a stretched axis: the first of four, and their weights. */
interface StretchedAxis {
  readonly first: Int32Array;
  /** Four for each output index, together 2048. */
  readonly weights: Int32Array;
}

/**
 * Combines two linear resizes: from `size` to `size * stretch`, and from there to `newSize`. Each output pixel
 * lies between two pixels of the stretched row, and each of these between two of the row. Shared with the
 * tests' reference.
 *
 * @param stretch At least 1: then at most four neighbours count.
 */
export function planStretchedAxis(size: number, stretch: number, newSize: number): StretchedAxis {
  const axis = { first: new Int32Array(newSize), weights: new Int32Array(4 * newSize) };
  const stretchedSize = Math.round(size * stretch);
  const held = (position: number, last: number): number => Math.min(last, Math.max(0, position));
  for (let i = 0; i < newSize; i++) {
    const position = held((i + 0.5) * (stretchedSize / newSize) - 0.5, stretchedSize - 1);
    const shares = new Map<number, number>();
    for (const [at, share] of partsOf(position)) {
      const source = held((at + 0.5) * (size / stretchedSize) - 0.5, size - 1);
      for (const [index, part] of partsOf(source)) {
        if (share * part > 0) shares.set(index, (shares.get(index) ?? 0) + share * part);
      }
    }
    const first = Math.min(...shares.keys());
    axis.first[i] = first;
    let left = coefScale;
    for (const [index, share] of shares) {
      const weight = Math.min(left, Math.round(share * coefScale));
      axis.weights[4 * i + index - first] = weight;
      left -= weight;
    }
    // The rounding error goes to the middle.
    const middle = 4 * i + Math.min(1, shares.size - 1);
    axis.weights[middle] = (axis.weights[middle] as number) + left;
  }
  return axis;
}

/** The two whole positions beside a position, and their weights. */
function partsOf(position: number): readonly (readonly [number, number])[] {
  const floor = Math.floor(position);
  return [
    [floor, 1 - (position - floor)],
    [floor + 1, position - floor],
  ];
}

/** Takes `rows` rows of a resized picture from number `y` on: they begin at byte `start`, one after the other. */
export type TakeRows = (bytes: Buffer, start: number, y: number, rows: number) => void;

/** Resizes a picture and passes on its rows from the top, a few at a time. They are valid until `take` returns. */
export type Resizer = (pixels: Buffer, take: TakeRows) => void;

/** Rows to pass on at once: few enough to stay in the cache. */
const stripRows = 16;

/** Offsets and weights for the kernels, padded with zeros to a multiple of four. */
function packTaps({ first, weight0, weight1 }: Axis): Buffer {
  const taps = new Int32Array(2 * Math.ceil(first.length / 4) * 4);
  for (let i = 0; i < first.length; i++) {
    taps[2 * i] = (first[i] as number) * 3;
    taps[2 * i + 1] = (weight0[i] as number) | ((weight1[i] as number) << 16);
  }
  return Buffer.from(taps.buffer);
}

function packStretchedTaps({ first, weights }: StretchedAxis): Buffer {
  const taps = new Int32Array(3 * first.length);
  for (let i = 0; i < first.length; i++) {
    const [a, b, c, d] = weights.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
    taps[3 * i] = (first[i] as number) * 3;
    taps[3 * i + 1] = a | (b << 16);
    taps[3 * i + 2] = c | (d << 16);
  }
  return Buffer.from(taps.buffer);
}

/**
 * `cv2.resize(..., interpolation=cv2.INTER_LINEAR)` of 8-bit RGB, in the same fixed-point arithmetic and
 * so bit for bit: a horizontal pass in units of 1/2048, then a vertical one with truncated products.
 * A `stretch` above 1 acts as a resize to `width * stretch` before, in the same pass and without rounding in
 * between: it brings a squashed picture back to its proportions. The kernels' memory holds one row of the
 * picture, two resized ones and 16 rows of the result.
 *
 * @see https://github.com/opencv/opencv modules/imgproc/src/resize.cpp HResizeLinear, VResizeLinearVec_32s8u
 */
export function createResizer(
  width: number,
  height: number,
  newWidth: number,
  newHeight: number,
  stretch = 1,
): Resizer {
  const isStretched = stretch > 1;
  const taps = isStretched
    ? packStretchedTaps(planStretchedAxis(width, stretch, newWidth))
    : packTaps(planAxis(width, newWidth, true));
  const { first, weight0, weight1 } = planAxis(height, newHeight, false);
  const rowBytes = newWidth * 3;
  const tapsAt = kernelScratch + 64; // measureLuma keeps its sums before
  const resizedBytes = Math.ceil((4 * rowBytes) / 64) * 64 + 64;
  const upper = tapsAt + Math.ceil(taps.length / 64) * 64;
  const lower = upper + resizedBytes;
  const source = lower + resizedBytes;
  // 16 more, for the reason that measureLuma's chunks are shifted.
  const strip = source + Math.ceil((width * 3 + 16) / 64) * 64 + 16;

  return (pixels, take) => {
    const { kernels, bytes } = useKernels(Math.max(measuredBytes, strip + stripRows * rowBytes + 16));
    taps.copy(bytes, tapsAt);
    let [above, below] = [upper, lower];
    let [aboveRow, belowRow] = [-1, -1];
    const load = (row: number, target: number): void => {
      pixels.copy(bytes, source, row * width * 3, (row + 1) * width * 3);
      if (isStretched) kernels.resizeStretchedRow(source, tapsAt, newWidth, target);
      else kernels.resizeRow(source, tapsAt, newWidth, target);
    };
    for (let y = 0; y < newHeight; y++) {
      const row = first[y] as number;
      const row0 = Math.min(Math.max(row, 0), height - 1);
      const row1 = Math.min(Math.max(row + 1, 0), height - 1);
      if (row0 === belowRow) {
        [above, below] = [below, above];
        [aboveRow, belowRow] = [belowRow, aboveRow];
      }
      if (row0 !== aboveRow) load(row0, above);
      aboveRow = row0;
      if (row1 !== row0 && row1 !== belowRow) {
        load(row1, below);
        belowRow = row1;
      }
      const second = row1 === row0 ? above : below;
      const inStrip = y % stripRows;
      const [w0, w1] = [weight0[y] as number, weight1[y] as number];
      kernels.blendRows(above, second, w0, w1, rowBytes, strip + inStrip * rowBytes);
      if (inStrip === stripRows - 1 || y === newHeight - 1) take(bytes, strip, y - inStrip, inStrip + 1);
    }
  };
}

/**
 * Resizes a whole picture as `cv2.resize(..., interpolation=cv2.INTER_LINEAR)` does, bit for bit: only the two
 * nearest pixels on each axis count, so a picture made much smaller looks rough.
 *
 * @param stretch Above 1: resizes to `width * stretch` before. Default 1.
 * @returns `[newHeight, newWidth, 3]` RGB in memory of its own, without a `pixelAspectRatio`.
 * @throws {FrameDecoderError} `invalid_options` for a size that is not a positive integer.
 * @example
 * const squashed = resizeLinear(image, 640, 640);
 */
export function resizeLinear(image: RgbImage, newWidth: number, newHeight: number, stretch = 1): RgbImage {
  checkSides({ newWidth, newHeight });
  const resize = createResizer(image.width, image.height, newWidth, newHeight, stretch);
  const data = new Uint8Array(newWidth * newHeight * 3);
  resize(bufferOf(image.data), (bytes, start, y, rows) =>
    data.set(bytes.subarray(start, start + rows * newWidth * 3), y * newWidth * 3),
  );
  return { data, width: newWidth, height: newHeight };
}
