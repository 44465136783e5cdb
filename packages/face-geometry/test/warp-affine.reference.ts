// The plain arithmetic that warp-affine.ts has to equal to the bit. For tests only.
import type { RgbImage } from '@trinetra/contracts';
import type { Affine } from '../src/similarity.ts';

/** Positions are rounded to this part of a pixel: 5 bits, INTER_BITS of OpenCV. */
const steps = 32;

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
  const [lastX, lastY] = [(width - 1) * steps, (height - 1) * steps];
  let out = 0;
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1, out += 3) {
      const fixedX = Math.round((a * x + b * y + c) * steps);
      const fixedY = Math.round((d * x + e * y + f) * steps);
      if (fixedX >= 0 && fixedY >= 0 && fixedX < lastX && fixedY < lastY) {
        // All four neighbours are in the image, and the numbers are small: whole-number arithmetic is exact.
        const at = (fixedY >> 5) * stride + (fixedX >> 5) * 3;
        const right = fixedX & 31;
        const bottom = fixedY & 31;
        const w11 = right * bottom;
        const w10 = bottom * steps - w11;
        const w01 = right * steps - w11;
        const w00 = steps * steps - w01 - w10 - w11;
        for (let from = at, to = out; from < at + 3; from += 1, to += 1) {
          const sum =
            w00 * (data[from] as number) +
            w01 * (data[from + 3] as number) +
            w10 * (data[from + stride] as number) +
            w11 * (data[from + stride + 3] as number);
          result[to] = (sum + 512) >> 10;
        }
      } else {
        sampleAtBorder(image, fixedX, fixedY, result, out);
      }
    }
  }
  return result;
}

/** The pixel at a position in 1/32 px whose neighbours may lie outside of the image, where they count as 0. */
function sampleAtBorder(
  { data, width, height }: RgbImage,
  fixedX: number,
  fixedY: number,
  result: Uint8Array,
  out: number,
): void {
  // No bit operations: they wrap past 32 bits and turn what is not a number into 0, both inside of the image.
  const [left, top] = [Math.floor(fixedX / steps), Math.floor(fixedY / steps)];
  if (!(left >= -1 && top >= -1 && left < width && top < height)) return;
  const [right, bottom] = [fixedX / steps - left, fixedY / steps - top];
  const pixel = (x: number, y: number, channel: number): number =>
    x >= 0 && y >= 0 && x < width && y < height ? (data[(y * width + x) * 3 + channel] as number) : 0;
  for (let channel = 0; channel < 3; channel += 1) {
    const topLeft = pixel(left, top, channel);
    const bottomLeft = pixel(left, top + 1, channel);
    const upper = topLeft + (pixel(left + 1, top, channel) - topLeft) * right;
    const lower = bottomLeft + (pixel(left + 1, top + 1, channel) - bottomLeft) * right;
    result[out + channel] = Math.round(upper + (lower - upper) * bottom);
  }
}
