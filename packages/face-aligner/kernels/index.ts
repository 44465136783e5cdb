/** Weights are fixed-point with 11 bits, INTER_RESIZE_COEF_BITS of OpenCV. */
const one = 2048;
/** A tap: where its two neighbours lie in a row of pixels, then their weights as a pair of i16; 8 bytes. */
const tapBytes: usize = 8;
const neighbourBytes = memory.data<u8>([0, 255, 3, 255, 1, 255, 4, 255, 2, 255, 5, 255, 255, 255, 255, 255]);
// Of four pixels in planes r r r r g g g g b b b b: one pixel after the other.
const interleaving = memory.data<u8>([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11, 255, 255, 255, 255]);
// Of four pixels of three bytes: the first, second and third bytes as i32.
const channels = memory.data<u8>([
  0, 255, 255, 255, 3, 255, 255, 255, 6, 255, 255, 255, 9, 255, 255, 255, 1, 255, 255, 255, 4, 255, 255, 255,
  7, 255, 255, 255, 10, 255, 255, 255, 2, 255, 255, 255, 5, 255, 255, 255, 8, 255, 255, 255, 11, 255, 255,
  255,
]);
const halfUnits = memory.data<i32>([0x200000, 0x200000, 0x200000, 0x200000]);

/**
 * Writes the taps of a bilinear resize from `from` to `to` pixels: OpenCV's half-pixel centres, clamped at the borders.
 * Up to 3 taps of weight 0 follow, so that there are a multiple of four.
 */
export function planTaps(taps: usize, from: i32, to: i32): void {
  const last = <f64>(from - 1);
  let i = 0;
  for (; i < to; i += 1) {
    const position = min<f64>(last, max<f64>(0, ((<f64>i + 0.5) * <f64>from) / <f64>to - 0.5));
    const first = floor<f64>(position);
    const exact = (position - first) * <f64>one;
    const below = floor<f64>(exact);
    // Rounded as Math.round does, halves up.
    const weight = <i32>below + (exact - below >= 0.5 ? 1 : 0);
    store<i32>(taps, <i32>first * 3);
    store<i32>(taps, (one - weight) | (weight << 16), 4);
    taps += tapBytes;
  }
  for (; (i & 3) !== 0; i += 1, taps += tapBytes) store<i64>(taps, 0);
}

/** Both neighbours of one tap, weighted: levels times 2048 of R, G and B. Reads 8 bytes. */
function blend(row: usize, tap: usize): v128 {
  const bytes = v128.load64_zero(row + <usize>load<u32>(tap));
  const pairs = i8x16.relaxed_swizzle(bytes, v128.load(neighbourBytes));
  return i32x4.dot_i16x8_s(pairs, v128.load32_splat(tap, 4));
}

/**
 * Resizes a row of RGB bytes across, to three rows of i32 (levels times 2048) `stride` bytes apart.
 *
 * @param pixels Of the result; it is filled up to a multiple of four. Up to 2 bytes behind the row are read, and a
 * pixel more, with weight 0.
 */
export function resizeRow(row: usize, taps: usize, pixels: i32, target: usize, stride: usize): void {
  const end = target + ((<usize>pixels) << 2);
  for (; target < end; target += 16, taps += 4 * tapBytes) {
    const a = blend(row, taps);
    const b = blend(row, taps + tapBytes);
    const c = blend(row, taps + 2 * tapBytes);
    const d = blend(row, taps + 3 * tapBytes);
    const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
    const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
    const blue = i64x2.shuffle(i32x4.shuffle(a, b, 2, 6, 3, 7), i32x4.shuffle(c, d, 2, 6, 3, 7), 0, 2);
    v128.store(target, i64x2.shuffle(ab, cd, 0, 2));
    v128.store(target + stride, i64x2.shuffle(ab, cd, 1, 3));
    v128.store(target + 2 * stride, blue);
  }
}

/** Blends four values of two rows of {@link resizeRow}; levels 0..255. */
function blendRows(upper: usize, lower: usize, weights: v128, halves: v128): v128 {
  const u = v128.load(upper);
  const change = i32x4.mul(i32x4.sub(v128.load(lower), u), weights);
  return i32x4.shr_s(i32x4.add(i32x4.add(i32x4.shl(u, 11), halves), change), 22);
}

/**
 * Blends two rows of {@link resizeRow}, each three rows of i32 `step` bytes apart, and writes `pixels` pixels of three bytes
 * and zeros behind them. With a negative step from the last of the three rows on, blue comes first.
 *
 * @param weight Of the lower row, 0..2048.
 * @param width Of the whole row in pixels. Up to 13 bytes more may be written.
 */
export function writeRow(
  upper: usize,
  lower: usize,
  step: usize,
  weight: i32,
  pixels: i32,
  target: usize,
  width: i32,
): void {
  const padding = target + 3 * pixels;
  const weights = i32x4.splat(weight);
  const halves = v128.load(halfUnits);
  const interleave = v128.load(interleaving);
  for (let left = pixels; left > 0; left -= 4, upper += 16, lower += 16, target += 12) {
    const first = blendRows(upper, lower, weights, halves);
    const second = blendRows(upper + step, lower + step, weights, halves);
    const third = blendRows(upper + 2 * step, lower + 2 * step, weights, halves);
    const words = i16x8.narrow_i32x4_s(third, third);
    const planes = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(first, second), words);
    v128.store(target, i8x16.relaxed_swizzle(planes, interleave));
  }
  memory.fill(padding, 0, 3 * (width - pixels));
}

/**
 * Writes pixels of three bytes as three planes of f32 `plane` bytes apart, each value `(level - mean) * factor`.
 *
 * @param source Up to 13 bytes behind the pixels are read.
 * @param target Up to three values more are written in each plane.
 */
export function writePlanes(
  source: usize,
  pixels: i32,
  target: usize,
  plane: usize,
  mean: f32,
  factor: f32,
): void {
  const means = f32x4.splat(mean);
  const factors = f32x4.splat(factor);
  for (let left = pixels; left > 0; left -= 4, source += 12, target += 16) {
    const bytes = v128.load(source);
    for (let channel: usize = 0; channel < 3; channel += 1) {
      const levels = i8x16.relaxed_swizzle(bytes, v128.load(channels + 16 * channel));
      const values = f32x4.sub(f32x4.convert_i32x4_s(levels), means);
      v128.store(target + channel * plane, f32x4.mul(values, factors));
    }
  }
}
