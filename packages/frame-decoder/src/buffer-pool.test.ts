import { describe, expect, it } from 'vitest';
import { BufferPool } from './buffer-pool.ts';

describe('BufferPool', () => {
  it('gives the same buffer again for a size that fits', () => {
    const pool = new BufferPool(4, 1 << 20);
    const buffer = pool.acquire(5000);
    expect(buffer.byteLength).toBe(8192);
    pool.release(buffer);
    expect(pool.acquire(8000)).toBe(buffer);
    expect(pool.counts).toEqual({ allocated: 1, reused: 1, pooledBytes: 0 });
  });

  it('does not waste a buffer of more than twice the size, nor one of another size where it must be exact', () => {
    const pool = new BufferPool(4, 1 << 20);
    pool.release(new SharedArrayBuffer(4096 * 3));
    expect(pool.acquire(4096).byteLength).toBe(4096);
    expect(pool.acquire(4096 * 3 - 4, true).byteLength).toBe(4096 * 3 - 4);
    expect(pool.counts.allocated).toBe(2);
  });

  it('keeps no more buffers and bytes than allowed, dropping the oldest', () => {
    const pool = new BufferPool(2, 10_000);
    const newest = new SharedArrayBuffer(4096);
    for (const buffer of [new SharedArrayBuffer(4096), new SharedArrayBuffer(4096), newest])
      pool.release(buffer);
    pool.release(new SharedArrayBuffer(20_000));
    expect(pool.counts.pooledBytes).toBe(8192);
    pool.acquire(4096);
    expect(pool.acquire(4096)).toBe(newest);
  });
});
