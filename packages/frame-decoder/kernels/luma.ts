/** Vectors of the inner loop are in memory: V8 would rebuild a constant in the code at each use. */
// r g of four pixels of three bytes, then b 0, as i16.
const redsGreens = memory.data<u8>([0, 255, 1, 255, 3, 255, 4, 255, 6, 255, 7, 255, 9, 255, 10, 255]);
const blues = memory.data<u8>([2, 255, 255, 255, 5, 255, 255, 255, 8, 255, 255, 255, 11, 255, 255, 255]);
const redGreenWeights = memory.data<i16>([77, 150, 77, 150, 77, 150, 77, 150]);
const blueWeights = memory.data<i16>([29, 0, 29, 0, 29, 0, 29, 0]);

/** For this many pixels the sum of squares stays below 2^31 in each of four lanes. */
const pixelsPerBlock: i32 = 65_536;

/** The luma of four pixels, i32. Reads 16 bytes. */
function lumaOfFour(from: usize): v128 {
  const bytes = v128.load(from);
  const redGreen = i8x16.relaxed_swizzle(bytes, v128.load(redsGreens));
  const blue = i8x16.relaxed_swizzle(bytes, v128.load(blues));
  return i32x4.shr_u(
    i32x4.add(
      i32x4.dot_i16x8_s(redGreen, v128.load(redGreenWeights)),
      i32x4.dot_i16x8_s(blue, v128.load(blueWeights)),
    ),
    8,
  );
}

/** Adds to the f64 at `to`, and to the next one. */
function addTotals(to: usize, sum: v128, squares: v128): void {
  const total = i64x2.add(i64x2.extend_low_i32x4_u(sum), i64x2.extend_high_i32x4_u(sum));
  const ofSquares = i64x2.add(i64x2.extend_low_i32x4_u(squares), i64x2.extend_high_i32x4_u(squares));
  store<f64>(to, load<f64>(to) + <f64>(i64x2.extract_lane(total, 0) + i64x2.extract_lane(total, 1)));
  store<f64>(
    to,
    load<f64>(to, 8) + <f64>(i64x2.extract_lane(ofSquares, 0) + i64x2.extract_lane(ofSquares, 1)),
    8,
  );
}

/**
 * Adds the luma (77 R + 150 G + 29 B) / 256, rounded down, of RGB pixels, and its square, to the two f64 at
 * `sums`.
 * Reads up to 4 bytes after the pixels.
 */
export function addLuma(from: usize, pixels: i32, sums: usize): void {
  while (pixels >= 4) {
    let fours = min<i32>(pixels, pixelsPerBlock) >> 2;
    pixels -= fours << 2;
    let sum = i32x4.splat(0);
    let squares = i32x4.splat(0);
    for (; fours > 0; fours -= 1, from += 12) {
      const luma = lumaOfFour(from);
      sum = i32x4.add(sum, luma);
      squares = i32x4.add(squares, i32x4.dot_i16x8_s(luma, luma));
    }
    addTotals(sums, sum, squares);
  }
  for (; pixels > 0; pixels -= 1, from += 3) {
    const luma: i32 =
      (77 * <i32>load<u8>(from) + 150 * <i32>load<u8>(from, 1) + 29 * <i32>load<u8>(from, 2)) >> 8;
    store<f64>(sums, load<f64>(sums) + <f64>luma);
    store<f64>(sums, load<f64>(sums, 8) + <f64>(luma * luma), 8);
  }
}
