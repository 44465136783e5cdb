import { createKernels, type UseKernels } from '@trinetra/contracts';
import { wasmBase64 } from './kernels-wasm.ts';

/** What `kernels/` exports; addresses are bytes of its memory. What each function does is said there. */
export interface FaceKernels {
  planTaps(taps: number, from: number, to: number): void;
  resizeRow(row: number, taps: number, pixels: number, target: number, stride: number): void;
  writeRow(
    upper: number,
    lower: number,
    step: number,
    weight: number,
    pixels: number,
    target: number,
    width: number,
  ): void;
  writePlanes(
    source: number,
    pixels: number,
    target: number,
    plane: number,
    mean: number,
    factor: number,
  ): void;
}

export const useKernels: UseKernels<FaceKernels> = createKernels(wasmBase64);
