import { requireOptions } from '@trinetra/contracts';
import { refusing } from '../options.ts';
import { SpareList } from './spare-list.ts';

/** Items one after the other in memory that the inference thread shares: as a feed it is neither moved nor copied. */
export type SharedItems = Uint8Array | Float32Array;

export interface FeedMemoryOptions {
  readonly type: 'uint8' | 'float32';
  /** Numbers of one item. */
  readonly itemLength: number;
  /** Tensors that are kept for the next runs, of whatever size. */
  readonly maxSpare: number;
}

/** Memory of feeds that is written again and again. */
export interface FeedMemory {
  /** Room for so many items, which still holds what was there before. */
  take(items: number): SharedItems;
  /** Zeros for all items from number `from` on. */
  clear(tensor: SharedItems, from: number): void;
  /** For a tensor that nobody reads any more; after a run that failed its thread may. */
  give(tensor: SharedItems): void;
}

/** A pattern: with it shared memory is filled ten times as fast as by a typed array's fill. */
const zeros = Buffer.alloc(8);

/**
 * Makes memory for the feeds of a model: a tensor is allocated only where more runs overlap than before, or others of another size.
 *
 * @example
 * const memory = createFeedMemory({ type: 'uint8', itemLength: 3 * 112 * 112, maxSpare: 2 });
 * const tensor = memory.take(16);
 */
export function createFeedMemory(options: FeedMemoryOptions): FeedMemory {
  const { type, itemLength, maxSpare } = requireOptions(options, refusing);
  const spare = new SpareList<number, SharedItems>(maxSpare);
  const allocate = (length: number): SharedItems =>
    type === 'uint8'
      ? new Uint8Array(new SharedArrayBuffer(length))
      : new Float32Array(new SharedArrayBuffer(4 * length));
  return {
    take: (items) => spare.take(items * itemLength) ?? allocate(items * itemLength),
    clear: (tensor, from) => {
      Buffer.from(tensor.buffer).fill(zeros, from * itemLength * tensor.BYTES_PER_ELEMENT);
    },
    give: (tensor) => spare.give(tensor.length, tensor),
  };
}
