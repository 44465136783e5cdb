import { createKernels, type UseKernels } from '@trinetra/contracts';
import { wasmBase64 } from './kernels-wasm.ts';

/** Exports of `kernels/`, documented there. Addresses are bytes of its memory. */
interface DecoderKernels {
  addLuma(from: number, pixels: number, sums: number): void;
  resizeRow(row: number, taps: number, pixels: number, target: number): void;
  resizeStretchedRow(row: number, taps: number, pixels: number, target: number): void;
  blendRows(
    upper: number,
    lower: number,
    weight0: number,
    weight1: number,
    values: number,
    target: number,
  ): void;
}

export const useKernels: UseKernels<DecoderKernels> = createKernels(wasmBase64);
