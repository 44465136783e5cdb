/** Remembers the last names that it was told. */
export class Recent {
  readonly #size: number;
  readonly #names = new Set<string>();

  constructor(size: number) {
    this.#size = size;
  }

  /** Whether a name is new; from then on it is not. */
  isNew(name: string): boolean {
    if (this.#names.has(name)) return false;
    this.#names.add(name);
    const [oldest] = this.#names;
    if (this.#names.size > this.#size && oldest !== undefined) this.#names.delete(oldest);
    return true;
  }
}
