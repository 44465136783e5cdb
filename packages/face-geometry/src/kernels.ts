import { createKernels, type UseKernels } from '@trinetra/contracts';
import { wasmBase64 } from './kernels-wasm.ts';

/** What `kernels/` exports; addresses are bytes of its memory. What it does is said there. */
interface WarpKernels {
  warpRows(
    region: number,
    stride: number,
    left: number,
    top: number,
    right: number,
    bottom: number,
    transform: number,
    target: number,
    targetStride: number,
    x: number,
    y: number,
    width: number,
    height: number,
  ): void;
}

export const useKernels: UseKernels<WarpKernels> = createKernels(wasmBase64);
