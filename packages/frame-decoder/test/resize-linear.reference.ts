// The plain arithmetic that resize-linear.ts has to equal bit for bit. For tests only.
import type { RgbImage } from '@trinetra/contracts';
import { planAxis, planStretchedAxis } from '../src/resize-linear.ts';

/** Gives the rows of a resized picture one by one, from the top. The returned array is reused. */
export interface RowResizer {
  row(source: Uint8Array, y: number): Uint8Array;
  /** Forgets the picture: to be called before the rows of another one. */
  reset(): void;
}

/**
 * `cv2.resize(..., interpolation=cv2.INTER_LINEAR)` of 8-bit RGB, in the same fixed-point arithmetic and
 * so bit for bit: a horizontal pass in units of 1/2048, then a vertical one with truncated products.
 *
 * @see https://github.com/opencv/opencv modules/imgproc/src/resize.cpp HResizeLinear, VResizeLinearVec_32s8u
 */
export function createRowResizer(
  width: number,
  height: number,
  newWidth: number,
  newHeight: number,
  stretch = 1,
): RowResizer {
  const horizontal = planAxis(width, newWidth, true);
  const stretched = planStretchedAxis(width, Math.max(1, stretch), newWidth);
  const vertical = planAxis(height, newHeight, false);
  const length = newWidth * 3;
  const output = new Uint8Array(length);
  let upper = new Int32Array(length);
  let lower = new Int32Array(length);
  let upperRow = -1;
  let lowerRow = -1;

  const stretchedPass = (source: Uint8Array, sourceRow: number, target: Int32Array): void => {
    for (let o = 0; o < length; o++) {
      const x = Math.floor(o / 3);
      let sum = 0;
      for (let k = 0; k < 4; k++) {
        const column = Math.min(width - 1, (stretched.first[x] as number) + k);
        const level = source[(sourceRow * width + column) * 3 + (o % 3)] as number;
        sum += level * (stretched.weights[4 * x + k] as number);
      }
      target[o] = sum >> 4;
    }
  };

  const pass = (source: Uint8Array, sourceRow: number, target: Int32Array): void => {
    if (stretch > 1) {
      stretchedPass(source, sourceRow, target);
      return;
    }
    const { first, weight0, weight1 } = horizontal;
    const start = sourceRow * width * 3;
    const last = start + (width - 1) * 3;
    for (let x = 0, o = 0; x < newWidth; x++, o += 3) {
      const a = start + (first[x] as number) * 3;
      const b = a < last ? a + 3 : a;
      const w0 = weight0[x] as number;
      const w1 = weight1[x] as number;
      // >> 4 belongs to the vertical pass of OpenCV; done here it is done once a row.
      target[o] = (Math.imul(source[a] as number, w0) + Math.imul(source[b] as number, w1)) >> 4;
      target[o + 1] = (Math.imul(source[a + 1] as number, w0) + Math.imul(source[b + 1] as number, w1)) >> 4;
      target[o + 2] = (Math.imul(source[a + 2] as number, w0) + Math.imul(source[b + 2] as number, w1)) >> 4;
    }
  };

  return {
    reset(): void {
      upperRow = -1;
      lowerRow = -1;
    },
    row(source: Uint8Array, y: number): Uint8Array {
      const first = vertical.first[y] as number;
      const row0 = Math.min(Math.max(first, 0), height - 1);
      const row1 = Math.min(Math.max(first + 1, 0), height - 1);
      if (row0 === lowerRow) {
        [upper, lower] = [lower, upper];
        [upperRow, lowerRow] = [lowerRow, upperRow];
      }
      if (row0 !== upperRow) {
        pass(source, row0, upper);
        upperRow = row0;
      }
      if (row1 !== row0 && row1 !== lowerRow) {
        pass(source, row1, lower);
        lowerRow = row1;
      }
      const s0 = upper;
      const s1 = row1 === row0 ? upper : lower;
      const w0 = vertical.weight0[y] as number;
      const w1 = vertical.weight1[y] as number;
      for (let i = 0; i < length; i++) {
        output[i] =
          ((Math.imul(s0[i] as number, w0) >> 16) + (Math.imul(s1[i] as number, w1) >> 16) + 2) >> 2;
      }
      return output;
    },
  };
}

/** A whole picture at once; what {@link createRowResizer} says holds here. */
export function resizeLinear(image: RgbImage, newWidth: number, newHeight: number, stretch = 1): RgbImage {
  const resizer = createRowResizer(image.width, image.height, newWidth, newHeight, stretch);
  const data = new Uint8Array(newWidth * newHeight * 3);
  for (let y = 0; y < newHeight; y++) data.set(resizer.row(image.data, y), y * newWidth * 3);
  return { data, width: newWidth, height: newHeight };
}
