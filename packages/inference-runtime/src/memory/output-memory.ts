import type { TensorData } from '../types.ts';
import { SpareList } from './spare-list.ts';
import { lengthOf, tensorArrays } from './tensor-arrays.ts';

/** Outputs by name. */
type Outputs = Readonly<Record<string, TensorData>>;
type Shapes = Readonly<Record<string, Pick<TensorData, 'type' | 'dims'>>>;

/** Kept for the next runs, those that wait longest go first: one at work, one being read, and two of another size. */
const maxSpare = 4;
/** Kinds of runs whose outputs are known. */
const maxKnown = 64;

/** Of the tensors in a block, bytes: views must begin at a multiple of their elements' size. */
const alignment = 8;

/** One block of shared memory with room for such outputs. */
function allocate(shapes: Shapes): Outputs {
  let end = 0;
  const places = Object.entries(shapes).map(([name, { type, dims }]) => {
    const [at, length] = [end, lengthOf(dims)];
    end += Math.ceil((length * tensorArrays[type].BYTES_PER_ELEMENT) / alignment) * alignment;
    return { name, type, dims, at, length };
  });
  const memory = new SharedArrayBuffer(end);
  return Object.fromEntries(
    places.map(({ name, type, dims, at, length }) => [
      name,
      { type, dims, data: new tensorArrays[type](memory, at, length) },
    ]),
  );
}

/**
 * Memory for the outputs of a model, shared with its thread. How much a run needs is learned: the first of each kind
 * answers in memory of its own.
 */
export class OutputMemory {
  /** By kind of run; null where its outputs have changed their shapes. */
  readonly #known = new Map<string, Shapes | null>();
  readonly #spare = new SpareList<string, Outputs>(maxSpare);

  /** Room for the outputs of such a run; undefined where their shapes are not known. */
  take(kind: string): Outputs | undefined {
    const shapes = this.#known.get(kind);
    if (shapes === undefined || shapes === null) return undefined;
    return this.#spare.take(kind) ?? allocate(shapes);
  }

  /** For outputs of {@link take} that nobody reads or writes any more. */
  give(kind: string, outputs: Outputs): void {
    this.#spare.give(kind, outputs);
  }

  /** Takes the shapes of what such a run gave; where it was given room and answered in other memory, they change. */
  learn(kind: string, outputs: Outputs, hadRoom: boolean): void {
    if (hadRoom) this.#known.set(kind, null);
    else if (!this.#known.has(kind) && this.#known.size < maxKnown) {
      const shapes = Object.entries(outputs).map(([name, { type, dims }]) => [name, { type, dims }]);
      this.#known.set(kind, Object.fromEntries(shapes));
    }
  }
}
