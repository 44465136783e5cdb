import type { RgbImage } from '@trinetra/contracts';
import type { Affine } from './similarity.ts';

/**
 * Samples `image` at `transform(x, y)` for each pixel of a `size` x `size` result, bilinear, 0 outside of the image.
 * Positions are rounded to 1/32 px, as OpenCV's warpAffine does.
 *
 * @param transform From pixels of the result to pixels of the image (the inverse of the alignment).
 * @returns `[size, size, 3]` RGB.
 * @see https://docs.opencv.org/4.x/da/d54/group__imgproc__transform.html
 */
export function warpAffine(image: RgbImage, transform: Affine, size: number): Uint8Array {
  const { data, width, height } = image;
  const [a, b, c, d, e, f] = transform;
  const result = new Uint8Array(size * size * 3);
  const stride = width * 3;
  let out = 0;
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1, out += 3) {
      const fixedX = Math.round((a * x + b * y + c) * 32);
      const fixedY = Math.round((d * x + e * y + f) * 32);
      // No bit operations: they wrap past 32 bits and turn what is not a number into 0, both inside of the image.
      const [left, top] = [Math.floor(fixedX / 32), Math.floor(fixedY / 32)];
      if (!(left >= -1 && top >= -1 && left < width && top < height)) continue;
      const [right, bottom] = [fixedX / 32 - left, fixedY / 32 - top];
      const leftIn = left >= 0;
      const rightIn = left + 1 < width;
      const topIn = top >= 0;
      const bottomIn = top + 1 < height;
      const at = top * stride + left * 3;
      for (let channel = 0; channel < 3; channel += 1) {
        const from = at + channel;
        const topLeft = topIn && leftIn ? (data[from] ?? 0) : 0;
        const topRight = topIn && rightIn ? (data[from + 3] ?? 0) : 0;
        const bottomLeft = bottomIn && leftIn ? (data[from + stride] ?? 0) : 0;
        const bottomRight = bottomIn && rightIn ? (data[from + stride + 3] ?? 0) : 0;
        const upper = topLeft + (topRight - topLeft) * right;
        const lower = bottomLeft + (bottomRight - bottomLeft) * right;
        result[out + channel] = Math.round(upper + (lower - upper) * bottom);
      }
    }
  }
  return result;
}
