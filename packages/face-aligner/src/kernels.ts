import { wasmBase64 } from './kernels-wasm.ts';

/** What `kernels/` exports; addresses are bytes of its memory. What each function does is said there. */
interface FaceKernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
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

/** The part of JavaScript's WebAssembly that is used here, which Node's types leave to the browser's. */
interface WasmGlobal {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object) => { readonly exports: unknown };
  };
}

/** First byte of the kernels' memory that is free; their constants lie below. */
export const scratch = 4096;

/** The kernels and views of their memory, which are valid until the next call of {@link useKernels}. */
export interface KernelsInUse {
  readonly kernels: FaceKernels;
  /** Its `copy` moves shared memory as fast as any; `set` and `fill` of typed arrays take three times as long there. */
  readonly bytes: Buffer;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
}

const pageBytes = 65_536;
let inUse: KernelsInUse | undefined;

function compile(): FaceKernels {
  const { WebAssembly } = globalThis as unknown as WasmGlobal;
  const module = new WebAssembly.Module(Buffer.from(wasmBase64, 'base64'));
  return new WebAssembly.Instance(module).exports as FaceKernels;
}

/**
 * The kernels of this thread, compiled at the first call, with at least `byteLength` bytes of memory, which never shrinks. Everybody uses the
 * same bytes, from {@link scratch} on: nothing lasts there.
 */
export function useKernels(byteLength: number): KernelsInUse {
  if (inUse !== undefined && inUse.bytes.length >= byteLength) return inUse;
  const kernels = inUse?.kernels ?? compile();
  const missing = Math.max(0, byteLength - kernels.memory.buffer.byteLength);
  kernels.memory.grow(Math.ceil(missing / pageBytes));
  const { buffer } = kernels.memory;
  inUse = {
    kernels,
    bytes: Buffer.from(buffer),
    floats: new Float32Array(buffer),
    doubles: new Float64Array(buffer),
  };
  return inUse;
}
