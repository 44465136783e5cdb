/**
 * Vectors of the inner loop. They lie in the memory, where each is one load: V8 would build a constant of the code anew, in
 * several instructions, wherever it is used.
 */
const steps = memory.data<f64>([32, 32]);
const halves = memory.data<f64>([0.5, 0.5]);
// 1.5 * 2^52, which puts a whole number into the low 32 bits.
const magic = memory.data<f64>([6755399441055744, 6755399441055744]);
const twos = memory.data<f64>([2, 2]);
const fractionBits = memory.data<i32>([31, 31, 31, 31]);
const wholes = memory.data<i32>([32, 32, 32, 32]);
const roundings = memory.data<i32>([512, 512, 512, 512]);
// r0 r1 g0 g1 b0 b1 of r0 g0 b0 r1 g1 b1, i16.
const neighbours = memory.data<u8>([0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, 255, 255, 255, 255]);
const threeOfFour = memory.data<u8>([0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 255, 255, 255, 255]);

/** `Math.round((ax + by + c) * 32)` of two positions, held in `low..high`; what is not a number becomes `low`. */
function fixed(ax: v128, by: v128, c: v128, low: v128, high: v128, magics: v128): v128 {
  const exact = f64x2.mul(f64x2.add(f64x2.add(ax, by), c), v128.load(steps));
  const held = f64x2.pmin(high, f64x2.pmax(low, exact));
  const even = f64x2.add(held, magics);
  const isHalf = f64x2.eq(f64x2.sub(held, f64x2.sub(even, magics)), v128.load(halves));
  return i64x2.sub(even, isHalf);
}

/** The low halves of two pairs from {@link fixed}. */
function lowHalves(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 0, 2, 4, 6);
}

/** One pixel from its four neighbours: R, G and B as i32, 0..255. Reads 8 bytes of two rows. */
function sample(at: usize, stride: usize, bottom: v128, across: v128): v128 {
  const upper = v128.load8x8_u(at);
  const lower = v128.load8x8_u(at + stride);
  const down = i16x8.add(i16x8.shl(upper, 5), i16x8.mul(i16x8.sub(lower, upper), bottom));
  const pairs = i8x16.relaxed_swizzle(down, v128.load(neighbours));
  return i32x4.shr_s(i32x4.add(i32x4.dot_i16x8_s(pairs, across), v128.load(roundings)), 10);
}

/**
 * Bilinear samples of `region` at the positions that an affine transform gives, rounded to 1/32 px (INTER_BITS of
 * OpenCV). Positions outside of the region are moved to its border.
 *
 * @param region RGB bytes, rows `stride` bytes apart, of the columns `left..right` and the rows `top..bottom` of an
 * image; one more row and 8 bytes behind it are read, with weight 0.
 * @param transform Six f64, from pixels of the result to those of the image.
 * @param target RGB bytes of the result's first pixel, rows `targetStride` bytes apart.
 */
export function warpRows(
  region: usize,
  stride: i32,
  left: i32,
  top: i32,
  right: i32,
  bottom: i32,
  transform: usize,
  target: usize,
  targetStride: usize,
  x0: i32,
  y0: i32,
  width: i32,
  height: i32,
): void {
  const a = v128.load64_splat(transform);
  const b = load<f64>(transform, 8);
  const c = v128.load64_splat(transform, 16);
  const d = v128.load64_splat(transform, 24);
  const e = load<f64>(transform, 32);
  const f = v128.load64_splat(transform, 40);
  const lowX = f64x2.splat(<f64>(left * 32));
  const highX = f64x2.splat(<f64>(right * 32));
  const lowY = f64x2.splat(<f64>(top * 32));
  const highY = f64x2.splat(<f64>(bottom * 32));
  const corner = region - <usize>(top * stride + left * 3);
  const strides = i32x4.splat(stride);
  const magics = v128.load(magic);

  for (let y = y0; y < y0 + height; y += 1, target += targetStride) {
    const by = f64x2.splat(b * <f64>y);
    const ey = f64x2.splat(e * <f64>y);
    let x = f64x2.add(f64x2.splat(<f64>x0), f64x2(0, 1));
    let to = target;
    for (let missing = width; missing > 0; missing -= 4, to += 12) {
      const next = f64x2.add(x, v128.load(twos));
      const fixedX = lowHalves(
        fixed(f64x2.mul(a, x), by, c, lowX, highX, magics),
        fixed(f64x2.mul(a, next), by, c, lowX, highX, magics),
      );
      const fixedY = lowHalves(
        fixed(f64x2.mul(d, x), ey, f, lowY, highY, magics),
        fixed(f64x2.mul(d, next), ey, f, lowY, highY, magics),
      );
      x = f64x2.add(next, v128.load(twos));

      const column = i32x4.shr_s(fixedX, 5);
      const row = i32x4.mul(i32x4.shr_s(fixedY, 5), strides);
      const at = i32x4.add(row, i32x4.add(column, i32x4.shl(column, 1)));
      // Pairs of i16: the weights of the left and the right neighbour; twice that of the lower one.
      const fractionX = v128.and(fixedX, v128.load(fractionBits));
      const across = i32x4.add(v128.load(wholes), i32x4.sub(i32x4.shl(fractionX, 16), fractionX));
      const fractionY = v128.and(fixedY, v128.load(fractionBits));
      const down = v128.or(fractionY, i32x4.shl(fractionY, 16));

      const p0 = sample(
        corner + <usize>i32x4.extract_lane(at, 0),
        stride,
        i32x4.shuffle(down, down, 0, 0, 0, 0),
        i32x4.shuffle(across, across, 0, 0, 0, 0),
      );
      const p1 = sample(
        corner + <usize>i32x4.extract_lane(at, 1),
        stride,
        i32x4.shuffle(down, down, 1, 1, 1, 1),
        i32x4.shuffle(across, across, 1, 1, 1, 1),
      );
      const p2 = sample(
        corner + <usize>i32x4.extract_lane(at, 2),
        stride,
        i32x4.shuffle(down, down, 2, 2, 2, 2),
        i32x4.shuffle(across, across, 2, 2, 2, 2),
      );
      const p3 = sample(
        corner + <usize>i32x4.extract_lane(at, 3),
        stride,
        i32x4.shuffle(down, down, 3, 3, 3, 3),
        i32x4.shuffle(across, across, 3, 3, 3, 3),
      );
      const bytes = i8x16.relaxed_swizzle(
        i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(p0, p1), i16x8.narrow_i32x4_s(p2, p3)),
        v128.load(threeOfFour),
      );
      storePixels(to, bytes, missing);
    }
  }
}

/** Stores the first `pixels` of four RGB pixels, or all of them. */
function storePixels(to: usize, bytes: v128, pixels: i32): void {
  if (pixels >= 4) {
    v128.store64_lane(to, bytes, 0);
    v128.store32_lane(to, bytes, 2, 8);
    return;
  }
  let rest = bytes;
  for (let i = 0; i < pixels * 3; i += 1) {
    store<u8>(to + <usize>i, <u8>i8x16.extract_lane_u(rest, 0));
    rest = i8x16.shuffle(rest, rest, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0);
  }
}
