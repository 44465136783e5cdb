/** The part of WebAssembly's JavaScript API that is used here. Node's types leave it to the browser's. */
interface WasmGlobal {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object) => { readonly exports: unknown };
  };
}

export interface KernelMemory {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
}

/** First free byte of the memory of kernels, after their constants. */
export const kernelScratch = 4096;

/** Kernels and views of their memory, which are valid until the next call of {@link UseKernels}. */
export interface KernelsInUse<K> {
  readonly kernels: K & KernelMemory;
  /** Its `copy` moves shared memory at full speed; `set` of a typed array takes three times as long. */
  readonly bytes: Buffer;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
}

/**
 * The kernels of this thread, compiled at the first call, with at least `byteLength` bytes of memory, which
 * never shrinks. All callers share the bytes from {@link kernelScratch} on, so nothing lasts there.
 */
export type UseKernels<K> = (byteLength: number) => KernelsInUse<K>;

const pageBytes = 65_536;

/** Loads the WebAssembly of a package's `kernels/`; `K` are its exported functions. */
export function createKernels<K>(wasmBase64: string): UseKernels<K> {
  let inUse: KernelsInUse<K> | undefined;
  const compile = (): K & KernelMemory => {
    const { WebAssembly } = globalThis as unknown as WasmGlobal;
    const module = new WebAssembly.Module(Buffer.from(wasmBase64, 'base64'));
    return new WebAssembly.Instance(module).exports as K & KernelMemory;
  };
  return (byteLength) => {
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
  };
}
