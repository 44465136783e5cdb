/** Sizes are rounded up to this, so that pictures of nearly the same size share buffers. Bytes. */
const granule = 4096;

/**
 * A bounded pool of reusable memory. The threads that fill it share it. Transferring would make a new object
 * each time, whose size makes the garbage collector run for nothing.
 */
export class BufferPool {
  readonly #free: SharedArrayBuffer[] = [];
  readonly #maxBuffers: number;
  readonly #maxBytes: number;
  #pooledBytes = 0;
  #allocated = 0;
  #reused = 0;

  /** Keeps at most `maxBuffers` buffers with `maxBytes` bytes in all, and drops further ones. */
  constructor(maxBuffers: number, maxBytes: number) {
    this.#maxBuffers = maxBuffers;
    this.#maxBytes = maxBytes;
  }

  /** Buffers made, buffers reused, and bytes in the pool. */
  get counts(): { readonly allocated: number; readonly reused: number; readonly pooledBytes: number } {
    return { allocated: this.#allocated, reused: this.#reused, pooledBytes: this.#pooledBytes };
  }

  /** A buffer of at least `bytes` (exactly `bytes` with `exact`); its content is undefined. */
  acquire(bytes: number, exact = false): SharedArrayBuffer {
    const wanted = exact ? bytes : Math.ceil(bytes / granule) * granule;
    const largest = exact ? bytes : wanted * 2;
    let best = -1;
    for (const [index, buffer] of this.#free.entries()) {
      const size = buffer.byteLength;
      const bestSize = this.#free[best]?.byteLength ?? Number.POSITIVE_INFINITY;
      if (size >= wanted && size <= largest && size < bestSize) best = index;
    }
    const [found] = best === -1 ? [] : this.#free.splice(best, 1);
    if (found === undefined) {
      this.#allocated += 1;
      return new SharedArrayBuffer(wanted);
    }
    this.#reused += 1;
    this.#pooledBytes -= found.byteLength;
    return found;
  }

  /** Takes back a buffer that nobody uses any more. Evicts the oldest when full. */
  release(buffer: SharedArrayBuffer): void {
    if (buffer.byteLength > this.#maxBytes) return;
    this.#free.push(buffer);
    this.#pooledBytes += buffer.byteLength;
    while (this.#free.length > this.#maxBuffers || this.#pooledBytes > this.#maxBytes) {
      this.#pooledBytes -= this.#free.shift()?.byteLength ?? 0;
    }
  }

  /** Drops everything. */
  clear(): void {
    this.#free.length = 0;
    this.#pooledBytes = 0;
  }
}
