import sharp, { type Sharp } from 'sharp';

/** RGB pixels with soft gradients, so that JPEG keeps them within a few levels. */
export function gradient(width: number, height: number): Uint8Array {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, o = 0; y < height; y++) {
    for (let x = 0; x < width; x++, o += 3) {
      data[o] = Math.round((255 * x) / width);
      data[o + 1] = Math.round((255 * y) / height);
      data[o + 2] = Math.round((255 * (x + y)) / (width + height));
    }
  }
  return data;
}

/** A sharp pipeline over raw RGB pixels. */
export function encode(data: Uint8Array, width: number, height: number): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** One colour everywhere. */
export function solid(width: number, height: number, rgb: readonly [number, number, number]): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => rgb[i % 3] ?? 0);
}

/** The mean and the largest absolute difference. */
export function difference(a: Uint8Array, b: Uint8Array): { mean: number; max: number } {
  if (a.length !== b.length) throw new Error(`lengths differ: ${a.length} and ${b.length}`);
  let sum = 0;
  let max = 0;
  for (const [i, value] of a.entries()) {
    const delta = Math.abs(value - (b[i] ?? 0));
    sum += delta;
    if (delta > max) max = delta;
  }
  return { mean: sum / a.length, max };
}
