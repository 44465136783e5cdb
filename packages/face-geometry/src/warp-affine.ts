import { bufferOf, type RgbImage, kernelScratch as scratch } from '@trinetra/contracts';
import { useKernels } from './kernels.ts';
import type { Affine } from './similarity.ts';

/** Positions are rounded to this part of a pixel: 5 bits, INTER_BITS of OpenCV. */
const steps = 32;

/** Of the image that are copied at once into the memory of the kernels. A face of 300 px fits. */
const maxRegionBytes = 524_288;

/** A part of the result, or the columns and rows of an image, both ends included. */
interface Region {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * Samples `image` at `transform(x, y)` for each pixel of a `size` x `size` result, bilinear, 0 outside of the image.
 * Positions are rounded to 1/32 px, as OpenCV's warpAffine does.
 *
 * @param transform From pixels of the result to pixels of the image (the inverse of the alignment).
 * @returns `[size, size, 3]` RGB.
 * @see https://docs.opencv.org/4.x/da/d54/group__imgproc__transform.html
 */
export function warpAffine(image: RgbImage, transform: Affine, size: number): Uint8Array {
  const target = scratch + 8 * transform.length;
  const end = target + size * size * 3;
  const region = Math.ceil(end / 16) * 16;
  const { kernels, bytes, doubles } = useKernels(region + maxRegionBytes);
  const { data, width } = image;
  const pixels = bufferOf(data);
  doubles.set(transform, scratch / 8);
  bytes.fill(0, target, end);

  const warp = (part: Region): void => {
    const seen = seenRegion(image, transform, part);
    if (seen === null) return;
    const { left, top, right, bottom } = seen;
    const stride = (right - left + 1) * 3;
    // The kernel reads one more row and pixel, with weight 0.
    if (stride * (bottom - top + 2) + 8 > maxRegionBytes) {
      for (const half of halves(part)) warp(half);
      return;
    }
    // Around the image lies a border of zeros, one pixel wide.
    const first = Math.max(0, left);
    const copied = Math.min(width - 1, right) + 1 - first;
    for (let y = top, to = region; y <= bottom; y += 1, to += stride) {
      if (left < 0 || right >= width || y < 0 || y >= image.height) bytes.fill(0, to, to + stride);
      if (copied <= 0 || y < 0 || y >= image.height) continue;
      const from = (y * width + first) * 3;
      pixels.copy(bytes, to + (first - left) * 3, from, from + copied * 3);
    }
    const at = target + (part.top * size + part.left) * 3;
    const [columns, rows] = [part.right - part.left + 1, part.bottom - part.top + 1];
    const sampled = [region, stride, left, top, right, bottom] as const;
    kernels.warpRows(...sampled, scratch, at, size * 3, part.left, part.top, columns, rows);
  };
  if (size > 0) warp({ left: 0, top: 0, right: size - 1, bottom: size - 1 });
  return new Uint8Array(kernels.memory.buffer).slice(target, end);
}

/** What a part of the result needs of the image and the pixel around it; null for a pixel that is nowhere. */
function seenRegion({ width, height }: RgbImage, [a, b, c, d, e, f]: Affine, part: Region): Region | null {
  const { left, top, right, bottom } = part;
  // Positions grow or fall along rows and columns, roundings included: the corners are the extremes.
  const along = (p: number, q: number, r: number): number[] =>
    [
      p * left + q * top + r,
      p * right + q * top + r,
      p * left + q * bottom + r,
      p * right + q * bottom + r,
    ].map((value) => Math.round(value * steps) / steps);
  const [xs, ys] = [along(a, b, c), along(d, e, f)];
  if ([...xs, ...ys].some(Number.isNaN)) {
    return left === right && top === bottom ? null : { left: -1, top: -1, right: width, bottom: height };
  }
  const held = (value: number, last: number): number => Math.min(last, Math.max(-1, Math.floor(value)));
  return {
    left: held(Math.min(...xs), width),
    top: held(Math.min(...ys), height),
    right: held(Math.max(...xs) + 1, width),
    bottom: held(Math.max(...ys) + 1, height),
  };
}

/** Cuts the longer side in two. */
function halves({ left, top, right, bottom }: Region): [Region, Region] {
  if (right - left > bottom - top) {
    const middle = Math.floor((left + right) / 2);
    return [
      { left, top, right: middle, bottom },
      { left: middle + 1, top, right, bottom },
    ];
  }
  const middle = Math.floor((top + bottom) / 2);
  return [
    { left, top, right, bottom: middle },
    { left, top: middle + 1, right, bottom },
  ];
}
