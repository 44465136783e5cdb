import { wasmBase64 } from './kernels-wasm.ts';

/** Exports of `kernels/`, documented there. Addresses are bytes of its memory. */
interface DecoderKernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
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

/** The part of WebAssembly's JavaScript API that this file uses. Node's types leave it to the browser's. */
interface WasmGlobal {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object) => { readonly exports: unknown };
  };
}

/** First free byte of the kernels' memory, after their constants. */
export const scratch = 4096;

/** The kernels and their memory, which is valid until the next call of {@link useKernels}. */
interface KernelsInUse {
  readonly kernels: DecoderKernels;
  /** Its `copy` moves shared memory at full speed; `set` of a typed array takes three times as long. */
  readonly bytes: Buffer;
}

const pageBytes = 65_536;
let inUse: KernelsInUse | undefined;

function compile(): DecoderKernels {
  const { WebAssembly } = globalThis as unknown as WasmGlobal;
  const module = new WebAssembly.Module(Buffer.from(wasmBase64, 'base64'));
  return new WebAssembly.Instance(module).exports as DecoderKernels;
}

/**
 * The kernels of this thread, compiled at the first call, with at least `byteLength` bytes of memory, which
 * never shrinks. All callers share the bytes from {@link scratch} on, so nothing lasts there.
 */
export function useKernels(byteLength: number): KernelsInUse {
  if (inUse !== undefined && inUse.bytes.length >= byteLength) return inUse;
  const kernels = inUse?.kernels ?? compile();
  const missing = Math.max(0, byteLength - kernels.memory.buffer.byteLength);
  kernels.memory.grow(Math.ceil(missing / pageBytes));
  inUse = { kernels, bytes: Buffer.from(kernels.memory.buffer) };
  return inUse;
}
