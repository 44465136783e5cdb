import { bufferOf, type Letterbox, type RgbImage } from '@trinetra/contracts';
import type { DecodedFrame } from './decode-result.ts';
import { type LumaSums, measureLuma } from './luma.ts';
import { createResizer, type Resizer, type TakeRows } from './resize-linear.ts';

/** Grey of the padding, 0..255. */
const padding = 114;
const unit = Float32Array.from({ length: 256 }, (_, value) => value / 255);

/** Brightness of the picture inside the padding. */
export type LumaStatistics = Pick<DecodedFrame, 'mean' | 'stdDev'>;

type InputTensor = DecodedFrame['tensor'];

/** Fills the model's input from a picture. */
export type LetterboxFiller = (image: RgbImage, letterbox: Letterbox, tensor: InputTensor) => LumaStatistics;

/**
 * Creates the filler of inputs. It resizes, writes and measures a few rows at a time, while they are in the
 * cache. A picture of the input's own size is not resized; if it is also the tensor, it is not copied.
 *
 * The luma is (77 R + 150 G + 29 B) / 256, BT.601 in 8 bits, rounded down; measured after the resizing.
 * It caches the tables of the last resize, so cameras of one size compute them once.
 */
export function createLetterboxFiller(): LetterboxFiller {
  let resizer: Resizer | undefined;
  let resizerKey = '';

  return ({ data, width, height }, letterbox, tensor) => {
    const { newWidth, newHeight, inputWidth, inputHeight } = letterbox;
    if (newWidth !== inputWidth || newHeight !== inputHeight) fillPadding(tensor, letterbox);
    const write =
      tensor instanceof Float32Array ? planesWriter(tensor, letterbox) : bytesWriter(tensor, letterbox);
    let sum = 0;
    let sumOfSquares = 0;
    const take: TakeRows = (bytes, start, y, rows) => {
      const sums = write(bytes, start, y, rows);
      sum += sums.sum;
      sumOfSquares += sums.sumOfSquares;
    };
    const pixels = bufferOf(data);
    if (newWidth === width && newHeight === height) take(pixels, 0, 0, height);
    else {
      const stretch = letterbox.scaleX / letterbox.scaleY;
      const key = `${width}x${height} ${newWidth}x${newHeight} ${stretch}`;
      if (resizer === undefined || key !== resizerKey) {
        resizer = createResizer(width, height, newWidth, newHeight, stretch);
        resizerKey = key;
      }
      resizer(pixels, take);
    }
    const count = newWidth * newHeight;
    const mean = sum / count;
    return { mean, stdDev: Math.sqrt(Math.max(0, sumOfSquares / count - mean * mean)) };
  };
}

/** Writes the rows of {@link TakeRows} to their place in the tensor, and measures them. */
type RowsWriter = (...rows: Parameters<TakeRows>) => LumaSums;

function planesWriter(
  tensor: Float32Array,
  { left, top, newWidth, inputWidth, inputHeight }: Letterbox,
): RowsWriter {
  const plane = inputWidth * inputHeight;
  const reds = tensor.subarray(0, plane);
  const greens = tensor.subarray(plane, 2 * plane);
  const blues = tensor.subarray(2 * plane);
  return (bytes, start, y, rows) => {
    for (let row = 0, i = start; row < rows; row++) {
      let o = (top + y + row) * inputWidth + left;
      for (const end = o + newWidth; o < end; o++, i += 3) {
        reds[o] = unit[bytes[i] as number] as number;
        greens[o] = unit[bytes[i + 1] as number] as number;
        blues[o] = unit[bytes[i + 2] as number] as number;
      }
    }
    return measureLuma(bytes, start, rows * newWidth);
  };
}

function bytesWriter(tensor: Uint8Array, { left, top, newWidth, inputWidth }: Letterbox): RowsWriter {
  const target = bufferOf(tensor);
  return (bytes, start, y, rows) => {
    const at = ((top + y) * inputWidth + left) * 3;
    const isThere = bytes.buffer === target.buffer && bytes.byteOffset + start === target.byteOffset + at;
    // Rows as wide as the tensor are contiguous there too.
    const [copies, length] = newWidth === inputWidth ? [1, rows * newWidth * 3] : [rows, newWidth * 3];
    for (let i = 0; i < copies && !isThere; i++) {
      const from = start + i * length;
      bytes.copy(target, at + i * inputWidth * 3, from, from + length);
    }
    return measureLuma(bytes, start, rows * newWidth);
  };
}

/** The padding of the tensor: three planes with one value a pixel, or one plane of bytes with three. */
function fillPadding(tensor: InputTensor, letterbox: Letterbox): void {
  const { left, top, newWidth, newHeight, inputWidth, inputHeight } = letterbox;
  const planes = tensor instanceof Float32Array;
  // On shared memory a typed array's `fill` takes ten times as long as one with a pattern.
  const grey = Buffer.from(
    (planes ? Float32Array.of(padding / 255) : Uint8Array.of(padding, padding)).buffer,
  );
  const each = planes ? 4 : 3;
  const target = bufferOf(tensor);
  const right = left + newWidth;
  const bottom = top + newHeight;
  for (let plane = 0; plane < (planes ? 3 : 1); plane++) {
    const start = plane * inputWidth * inputHeight;
    const fill = (from: number, to: number): void => {
      target.fill(grey, (start + from) * each, (start + to) * each);
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
