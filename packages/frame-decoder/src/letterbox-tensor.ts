import type { Letterbox, RgbImage } from '@trinetra/contracts';
import { createRowResizer, type RowResizer } from './resize-linear.ts';

const padding = Math.fround(114 / 255);
const unit = Float32Array.from({ length: 256 }, (_, value) => value / 255);

/** Brightness of the picture inside the padding. */
export interface LumaStatistics {
  /** 0..255 */
  readonly mean: number;
  /** 0..127.5 */
  readonly stdDev: number;
}

/** Fills the model's input from a picture. */
export type LetterboxFiller = (image: RgbImage, letterbox: Letterbox, tensor: Float32Array) => LumaStatistics;

/**
 * Makes the filler for one input size. Each row is resized, turned into three planes of RGB / 255 and
 * measured while it is in the cache; a picture of the input's own size is not resized.
 *
 * The luma is (77 R + 150 G + 29 B) / 256, BT.601 in 8 bits, rounded down; measured after the resizing.
 * It keeps the tables of the last picture size, so cameras of one size pay for them once.
 */
export function createLetterboxFiller(inputWidth: number, inputHeight: number): LetterboxFiller {
  const plane = inputWidth * inputHeight;
  let resizer: RowResizer | undefined;
  let resizerKey = '';

  return (image, letterbox, tensor) => {
    const { left, top, newWidth, newHeight } = letterbox;
    const { width, height, data } = image;
    const resize = newWidth !== width || newHeight !== height;
    if (resize) {
      const key = `${width}x${height}`;
      if (resizer === undefined || key !== resizerKey) {
        resizer = createRowResizer(width, height, newWidth, newHeight);
        resizerKey = key;
      }
      resizer.reset();
    }
    if (newWidth !== inputWidth || newHeight !== inputHeight) {
      fillPadding(tensor, letterbox, inputWidth, inputHeight);
    }
    const reds = tensor.subarray(0, plane);
    const greens = tensor.subarray(plane, 2 * plane);
    const blues = tensor.subarray(2 * plane);
    let sum = 0;
    let sumOfSquares = 0;
    for (let y = 0; y < newHeight; y++) {
      const row = resize && resizer !== undefined ? resizer.row(data, y) : data;
      const start = resize ? 0 : y * width * 3;
      let rowSum = 0;
      let rowSquares = 0;
      let o = (top + y) * inputWidth + left;
      for (let i = start, end = start + newWidth * 3; i < end; i += 3, o++) {
        const r = row[i] as number;
        const g = row[i + 1] as number;
        const b = row[i + 2] as number;
        reds[o] = unit[r] as number;
        greens[o] = unit[g] as number;
        blues[o] = unit[b] as number;
        const luma = (Math.imul(77, r) + Math.imul(150, g) + Math.imul(29, b)) >> 8;
        // Integer sums: a row of 8192 pixels stays below 2^31.
        rowSum = (rowSum + luma) | 0;
        rowSquares = (rowSquares + Math.imul(luma, luma)) | 0;
      }
      sum += rowSum;
      sumOfSquares += rowSquares;
    }
    const count = newWidth * newHeight;
    const mean = sum / count;
    return { mean, stdDev: Math.sqrt(Math.max(0, sumOfSquares / count - mean * mean)) };
  };
}

function fillPadding(
  tensor: Float32Array,
  letterbox: Letterbox,
  inputWidth: number,
  inputHeight: number,
): void {
  const { left, top, newWidth, newHeight } = letterbox;
  const right = left + newWidth;
  const bottom = top + newHeight;
  for (let channel = 0; channel < 3; channel++) {
    const start = channel * inputWidth * inputHeight;
    tensor.fill(padding, start, start + top * inputWidth);
    tensor.fill(padding, start + bottom * inputWidth, start + inputHeight * inputWidth);
    if (newWidth === inputWidth) continue;
    for (let y = top; y < bottom; y++) {
      const row = start + y * inputWidth;
      tensor.fill(padding, row, row + left);
      tensor.fill(padding, row + right, row + inputWidth);
    }
  }
}
