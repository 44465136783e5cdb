/** Vectors of the inner loops are in memory: V8 would rebuild a constant in the code at each use. */
// r0 r1 g0 g1 b0 b1 as i16 of two neighbours.
const neighbours = memory.data<u8>([0, 255, 3, 255, 1, 255, 4, 255, 2, 255, 5, 255, 255, 255, 255, 255]);
// r2 r3 g2 g3 b2 b3 of the two pixels after them.
const nextNeighbours = memory.data<u8>([
  6, 255, 9, 255, 7, 255, 10, 255, 8, 255, 11, 255, 255, 255, 255, 255,
]);
const twos = memory.data<i16>([2, 2, 2, 2, 2, 2, 2, 2]);

/**
 * A tap: where its first neighbour lies in a row of pixels, then the weights of both as a pair of i16; 8 bytes.
 */
const tapBytes: usize = 8;

/** One pixel from its neighbours, levels times 128. Reads 8 bytes, writes 16, of which 12 count. */
function resizePixel(row: usize, tap: usize, target: usize): void {
  const bytes = v128.load64_zero(row + <usize>load<u32>(tap));
  const pairs = i8x16.relaxed_swizzle(bytes, v128.load(neighbours));
  // The shift belongs to the vertical pass of OpenCV; done here it is done once a row.
  v128.store(target, i32x4.shr_u(i32x4.dot_i16x8_s(pairs, v128.load32_splat(tap, 4)), 4));
}

/**
 * Resizes a row of RGB bytes across to i32, levels times 128.
 *
 * @param pixels Of the result, filled up to a multiple of four, as `taps` must be; 4 more bytes are written. Up
 * to 5 bytes
 * behind the row are read, with weight 0.
 */
export function resizeRow(row: usize, taps: usize, pixels: i32, target: usize): void {
  for (; pixels > 0; pixels -= 4, taps += 4 * tapBytes, target += 48) {
    resizePixel(row, taps, target);
    resizePixel(row, taps + tapBytes, target + 12);
    resizePixel(row, taps + 2 * tapBytes, target + 24);
    resizePixel(row, taps + 3 * tapBytes, target + 36);
  }
}

/** A tap of four neighbours: where the first lies, then their weights as two pairs of i16; 12 bytes. */
const stretchedTapBytes: usize = 12;

/**
 * {@link resizeRow} from four neighbours each, for stretched rows.
 *
 * @param pixels Of the result; 4 more bytes are written. Up to 16 bytes behind the row are read, with weight 0.
 */
export function resizeStretchedRow(row: usize, taps: usize, pixels: i32, target: usize): void {
  for (; pixels > 0; pixels -= 1, taps += stretchedTapBytes, target += 12) {
    const bytes = v128.load(row + <usize>load<u32>(taps));
    const sum = i32x4.add(
      i32x4.dot_i16x8_s(i8x16.relaxed_swizzle(bytes, v128.load(neighbours)), v128.load32_splat(taps, 4)),
      i32x4.dot_i16x8_s(i8x16.relaxed_swizzle(bytes, v128.load(nextNeighbours)), v128.load32_splat(taps, 8)),
    );
    v128.store(target, i32x4.shr_u(sum, 4));
  }
}

/** Four weighted values of two rows, each product truncated. */
function blend(upper: usize, lower: usize, weight0: v128, weight1: v128): v128 {
  return i32x4.add(
    i32x4.shr_u(i32x4.dot_i16x8_s(v128.load(upper), weight0), 16),
    i32x4.shr_u(i32x4.dot_i16x8_s(v128.load(lower), weight1), 16),
  );
}

/** Eight levels, i16. */
function blendEight(upper: usize, lower: usize, weight0: v128, weight1: v128): v128 {
  const sums = i16x8.narrow_i32x4_s(
    blend(upper, lower, weight0, weight1),
    blend(upper + 16, lower + 16, weight0, weight1),
  );
  return i16x8.shr_u(i16x8.add(sums, v128.load(twos)), 2);
}

/**
 * Blends two rows of {@link resizeRow} to bytes.
 *
 * @param weight0 Of the upper row, 0..2048. @param weight1 Of the lower one.
 * @param values Bytes of the result; it is filled up to a multiple of 16.
 */
export function blendRows(
  upper: usize,
  lower: usize,
  weight0: i32,
  weight1: i32,
  values: i32,
  target: usize,
): void {
  const w0 = i32x4.splat(weight0);
  const w1 = i32x4.splat(weight1);
  for (; values > 0; values -= 16, upper += 64, lower += 64, target += 16) {
    v128.store(
      target,
      i8x16.narrow_i16x8_u(blendEight(upper, lower, w0, w1), blendEight(upper + 32, lower + 32, w0, w1)),
    );
  }
}
