// The plain arithmetic that letterbox-tensor.ts has to equal bit for bit. For tests only.
import type { Letterbox } from '@trinetra/contracts';
import type { LetterboxFiller } from '../src/letterbox-tensor.ts';
import { createRowResizer, type RowResizer } from './resize-linear.reference.ts';

/** Grey of the padding, 0..255. */
const padding = 114;
const unit = Float32Array.from({ length: 256 }, (_, value) => value / 255);

type InputTensor = Float32Array | Uint8Array;

/** Sums of luma over the pixels of a row: integers, for which a row of 8192 pixels stays below 2^31. */
interface LumaSums {
  sum: number;
  sumOfSquares: number;
}

/**
 * Makes the filler for one input size. Each row is resized, written and measured while it is in the cache; a picture of the
 * input's own size is not resized, and where it is the tensor too, not copied.
 *
 * The luma is (77 R + 150 G + 29 B) / 256, BT.601 in 8 bits, rounded down; measured after the resizing.
 * It keeps the tables of the last picture size, so cameras of one size pay for them once.
 */
export function createLetterboxFiller(): LetterboxFiller {
  let resizer: RowResizer | undefined;
  let resizerKey = '';

  return (image, letterbox, tensor) => {
    const { left, top, newWidth, newHeight, inputWidth, inputHeight } = letterbox;
    const { width, height, data } = image;
    const resize = newWidth !== width || newHeight !== height;
    if (resize) {
      const stretch = letterbox.scaleX / letterbox.scaleY;
      const key = `${width}x${height} ${newWidth}x${newHeight} ${stretch}`;
      if (resizer === undefined || key !== resizerKey) {
        resizer = createRowResizer(width, height, newWidth, newHeight, stretch);
        resizerKey = key;
      }
      resizer.reset();
    }
    if (newWidth !== inputWidth || newHeight !== inputHeight) {
      fillPadding(tensor, letterbox, inputWidth, inputHeight);
    }
    const writeRow =
      tensor instanceof Float32Array ? planesWriter(tensor, inputWidth * inputHeight) : bytesWriter(tensor);
    let sum = 0;
    let sumOfSquares = 0;
    const sums: LumaSums = { sum: 0, sumOfSquares: 0 };
    for (let y = 0; y < newHeight; y++) {
      const row = resize && resizer !== undefined ? resizer.row(data, y) : data;
      const start = resize ? 0 : y * width * 3;
      writeRow(row, start, newWidth, (top + y) * inputWidth + left, sums);
      sum += sums.sum;
      sumOfSquares += sums.sumOfSquares;
    }
    const count = newWidth * newHeight;
    const mean = sum / count;
    return { mean, stdDev: Math.sqrt(Math.max(0, sumOfSquares / count - mean * mean)) };
  };
}

/** Writes the `pixels` of a row from byte `start` on as the pixels of the tensor from number `at` on, and measures them. */
type RowWriter = (row: Uint8Array, start: number, pixels: number, at: number, sums: LumaSums) => void;

function planesWriter(tensor: Float32Array, plane: number): RowWriter {
  const reds = tensor.subarray(0, plane);
  const greens = tensor.subarray(plane, 2 * plane);
  const blues = tensor.subarray(2 * plane);
  return (row, start, pixels, at, sums) => {
    let sum = 0;
    let squares = 0;
    for (let i = start, end = start + pixels * 3, o = at; i < end; i += 3, o++) {
      const r = row[i] as number;
      const g = row[i + 1] as number;
      const b = row[i + 2] as number;
      reds[o] = unit[r] as number;
      greens[o] = unit[g] as number;
      blues[o] = unit[b] as number;
      const luma = (Math.imul(77, r) + Math.imul(150, g) + Math.imul(29, b)) >> 8;
      sum = (sum + luma) | 0;
      squares = (squares + Math.imul(luma, luma)) | 0;
    }
    sums.sum = sum;
    sums.sumOfSquares = squares;
  };
}

function bytesWriter(tensor: Uint8Array): RowWriter {
  return (row, start, pixels, at, sums) => {
    const end = start + pixels * 3;
    const isThere = row.buffer === tensor.buffer && row.byteOffset + start === tensor.byteOffset + at * 3;
    if (!isThere) tensor.set(row.subarray(start, end), at * 3);
    let sum = 0;
    let squares = 0;
    for (let i = start; i < end; i += 3) {
      const luma =
        (Math.imul(77, row[i] as number) +
          Math.imul(150, row[i + 1] as number) +
          Math.imul(29, row[i + 2] as number)) >>
        8;
      sum = (sum + luma) | 0;
      squares = (squares + Math.imul(luma, luma)) | 0;
    }
    sums.sum = sum;
    sums.sumOfSquares = squares;
  };
}

/** The parts of the tensor beside the picture. Of planes there are three with one value a pixel, of bytes one with three. */
function fillPadding(
  tensor: InputTensor,
  letterbox: Letterbox,
  inputWidth: number,
  inputHeight: number,
): void {
  const { left, top, newWidth, newHeight } = letterbox;
  const planes = tensor instanceof Float32Array;
  const grey = planes ? Math.fround(padding / 255) : padding;
  const each = planes ? 1 : 3;
  const right = left + newWidth;
  const bottom = top + newHeight;
  for (let plane = 0; plane < 3 / each; plane++) {
    const start = plane * inputWidth * inputHeight;
    const fill = (from: number, to: number): void => {
      tensor.fill(grey, (start + from) * each, (start + to) * each);
    };
    fill(0, top * inputWidth);
    fill(bottom * inputWidth, inputHeight * inputWidth);
    if (newWidth === inputWidth) continue;
    for (let y = top; y < bottom; y++) {
      fill(y * inputWidth, y * inputWidth + left);
      fill(y * inputWidth + right, (y + 1) * inputWidth);
    }
  }
}
