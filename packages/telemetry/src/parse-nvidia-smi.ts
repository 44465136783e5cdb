import type { GpuSample } from './gpu-metrics.ts';

/** What nvidia-smi is asked; the order of the columns is the one that {@link parseNvidiaSmi} reads. */
export const nvidiaSmiArguments: readonly string[] = Object.freeze([
  '--query-gpu=index,utilization.gpu,memory.used',
  '--format=csv,noheader,nounits',
]);

/** `[N/A]`, `[Not Supported]`, `[Unknown Error]` and the like are values that the GPU does not know. */
function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/**
 * Reads the answer of `nvidia-smi` to {@link nvidiaSmiArguments}; lines that are not of a GPU are left out.
 *
 * @example
 * parseNvidiaSmi('0, 41, 2417\n'); // [{ index: 0, utilizationPct: 41, memoryUsedMb: 2417 }]
 */
export function parseNvidiaSmi(csv: string): GpuSample[] {
  return csv.split('\n').flatMap((line) => {
    const columns = line.split(',').map((column) => column.trim());
    const index = numberOf(columns[0]);
    if (columns.length !== 3 || index === undefined || !Number.isInteger(index)) return [];
    return [{ index, utilizationPct: numberOf(columns[1]), memoryUsedMb: numberOf(columns[2]) }];
  });
}
