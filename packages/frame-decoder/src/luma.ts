import { kernelScratch } from '@trinetra/contracts';
import { useKernels } from './kernels.ts';

/** Sums over pixels of their luma, (77 R + 150 G + 29 B) / 256 rounded down: BT.601 in 8 bits. */
export interface LumaSums {
  readonly sum: number;
  readonly sumOfSquares: number;
}

/** Bytes to copy at once into the kernels' memory: whole pixels, few enough to stay in the cache. */
const chunkBytes = 3 * 16_384;

// Two float64 first. The shift keeps chunks clear of the few distances to their source, modulo 4096, at which
// some CPUs take
// twenty times as long to copy.
const sums = kernelScratch;
const chunk = kernelScratch + 1024;

/**
 * Bytes of the kernels' memory that {@link measureLuma} needs. With this many reserved, the memory does not
 * move.
 */
export const measuredBytes: number = chunk + chunkBytes + 16;

/** Measures RGB pixels from byte `start` on. Pixels in the memory of the kernels are measured where they are. */
export function measureLuma(pixels: Buffer, start: number, count: number): LumaSums {
  const { kernels, bytes } = useKernels(measuredBytes);
  bytes.fill(0, sums, sums + 16);
  if (pixels === bytes) kernels.addLuma(start, count, sums);
  else {
    for (let from = start, end = start + count * 3; from < end; from += chunkBytes) {
      const copied = pixels.copy(bytes, chunk, from, Math.min(end, from + chunkBytes));
      kernels.addLuma(chunk, copied / 3, sums);
    }
  }
  return { sum: bytes.readDoubleLE(sums), sumOfSquares: bytes.readDoubleLE(sums + 8) };
}
