import { bufferOf, type Size } from '@trinetra/contracts';

/** One frame, or several one after the other: `[3, h, w]` RGB 0..1 of float32, or `[h, w, 3]` RGB 0..255 of bytes. */
export type FrameTensor = Float32Array | Uint8Array;

/** Grey of the padding, as of letterboxes. A pattern: a typed array's fill of shared memory takes ten times as long. */
const greyLevels = Uint8Array.of(114, 114);
const greyValues = Buffer.from(Float32Array.of(114 / 255).buffer);

/**
 * Writes a frame as number `index` of `target`, whose items are of `size`: at its top left, where it is smaller, and grey beside it.
 * Boxes keep their places so.
 */
export function writeFrame(
  frame: FrameTensor,
  own: Size,
  target: FrameTensor,
  index: number,
  size: Size,
): void {
  const each = target.BYTES_PER_ELEMENT;
  const source = bufferOf(frame);
  const item = 3 * size.width * size.height * each;
  const to = bufferOf(target).subarray(index * item, (index + 1) * item);
  if (own.width === size.width && own.height === size.height) {
    source.copy(to);
    return;
  }
  const bytes = target instanceof Uint8Array;
  to.fill(bytes ? greyLevels : greyValues);
  const [planes, valuesPerPixel] = bytes ? [1, 3] : [3, 1];
  const [row, targetRow] = [own.width * valuesPerPixel * each, size.width * valuesPerPixel * each];
  for (let plane = 0; plane < planes; plane += 1) {
    for (let y = 0; y < own.height; y += 1) {
      const from = (plane * own.height + y) * row;
      source.copy(to, (plane * size.height + y) * targetRow, from, from + row);
    }
  }
}
