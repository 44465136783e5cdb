/** Crops of persons a run on GPUs, and faces a run: what runs are padded to, and engines built for, so that few shapes come. */
export const runSizes: readonly number[] = [1, 4, 16];

/** Of these the sizes of an embedder that takes `most` faces a run, and `most` itself. */
export function faceSizes(most: number): number[] {
  return [...new Set([...runSizes.filter((size) => size <= most), most])];
}
