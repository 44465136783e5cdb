import { describe, expect, it } from 'vitest';
import { createFeedMemory } from './feed-memory.ts';

describe.each(['uint8', 'float32'] as const)('memory for feeds of %s', (type) => {
  const memoryOf = (maxSpare: number) => createFeedMemory({ type, itemLength: 5, maxSpare });

  it('is shared, and taken again once it was given back', () => {
    const memory = memoryOf(2);
    const first = memory.take(3);
    expect(first.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(first).toHaveLength(15);
    const second = memory.take(3);
    expect(second).not.toBe(first);
    memory.give(first);
    expect(memory.take(2)).toHaveLength(10); // another size
    expect(memory.take(3)).toBe(first);
    expect(memory.take(3)).not.toBe(first);
  });

  it('keeps no more than was said, the last ones', () => {
    const memory = memoryOf(2);
    const [oldest, older, newest] = [memory.take(1), memory.take(1), memory.take(1)];
    for (const tensor of [oldest, older, newest]) memory.give(tensor);
    expect(memory.take(1)).toBe(older);
    expect(memory.take(1)).toBe(newest);
    expect(memory.take(1)).not.toBe(oldest);
  });

  it('is zero from an item on, and as it was before it', () => {
    const memory = memoryOf(1);
    const tensor = memory.take(3).fill(7);
    memory.clear(tensor, 3);
    expect(tensor.every((value) => value === 7)).toBe(true);
    memory.clear(tensor, 1);
    expect([...tensor]).toEqual([...Array<number>(5).fill(7), ...Array<number>(10).fill(0)]);
  });
});
