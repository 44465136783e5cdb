/** Weights are fixed-point with 11 bits, INTER_RESIZE_COEF_BITS of OpenCV. */
const one = 2048;
/** A tap: where its two neighbours lie in a row of pixels, then their weights as a pair of i16; 8 bytes. */
const tapBytes: usize = 8;
const neighbourBytes = memory.data<u8>([0, 255, 3, 255, 1, 255, 4, 255, 2, 255, 5, 255, 255, 255, 255, 255]);
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

/**
 * Blends two rows of {@link resizeRow}, each three rows of i32 `stride` bytes apart, and writes `pixels` values
 * `(level - mean) * factor` to each of three planes `plane` bytes apart.
 *
 * @param weight Of the lower row, 0..2048.
 */
export function writeRow(
  upper: usize,
  lower: usize,
  stride: usize,
  weight: i32,
  pixels: i32,
  target: usize,
  plane: usize,
  mean: f32,
  factor: f32,
): void {
  for (let channel = 0; channel < 3; channel += 1) {
    writeChannel(upper, lower, weight, pixels, target, mean, factor);
    upper += stride;
    lower += stride;
    target += plane;
  }
}

function writeChannel(
  upper: usize,
  lower: usize,
  weight: i32,
  pixels: i32,
  target: usize,
  mean: f32,
  factor: f32,
): void {
  const half: i32 = (one * one) / 2;
  const weights = i32x4.splat(weight);
  const halves = v128.load(halfUnits);
  const means = f32x4.splat(mean);
  const factors = f32x4.splat(factor);
  let left = pixels;
  for (; left >= 4; left -= 4, upper += 16, lower += 16, target += 16) {
    const u = v128.load(upper);
    const change = i32x4.mul(i32x4.sub(v128.load(lower), u), weights);
    const sum = i32x4.add(i32x4.add(i32x4.shl(u, 11), halves), change);
    const level = f32x4.convert_i32x4_s(i32x4.shr_s(sum, 22));
    v128.store(target, f32x4.mul(f32x4.sub(level, means), factors));
  }
  for (; left > 0; left -= 1, upper += 4, lower += 4, target += 4) {
    const u = load<i32>(upper);
    const level = ((u << 11) + half + (load<i32>(lower) - u) * weight) >> 22;
    store<f32>(target, (<f32>level - mean) * factor);
  }
}
